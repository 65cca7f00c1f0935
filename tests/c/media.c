/* Our demo clip by path and by bytes; progress, stopping, cancelling from another thread; the monitor. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include "json.h"

#include <pthread.h>
#include <time.h>

static const char *const CLIP = "examples/media/demo.mp4";

/* A valgrind run analyses three seconds of the clip, others all of it. */
static bool brief;

static vn_options *settings(void)
{
    vn_options *options = vn_options_new();
    if (brief) {
        CHECK_OK(vn_options_set_limit(options, "max_duration_s", 3, &error));
    }
    return options;
}

struct watch {
    size_t calls;
    double fraction;
    bool falls, outside;
    char stage[32];
    size_t items_done, items_total;
};

static bool see(const vn_progress *progress, void *user_data)
{
    struct watch *watch = user_data;
    watch->calls++;
    watch->falls = watch->falls || progress->fraction < watch->fraction;
    watch->outside = watch->outside || !(progress->fraction >= 0 && progress->fraction <= 1);
    watch->fraction = progress->fraction;
    watch->items_done = progress->items_done;
    watch->items_total = progress->items_total;
    snprintf(watch->stage, sizeof watch->stage, "%s", progress->stage);
    return true;
}

/* The clip against the truth that the script which made it knows. */
static void path_and_bytes(void)
{
    vn_options *options = settings();
    struct watch watch = { 0 };
    vn_analysis *analysis = NULL, *again = NULL;
    double score = -1;
    CHECK_OK(vn_options_set_progress(options, see, &watch, &error));
    CHECK_OK(vn_analyze(CLIP, options, &analysis, &error));
    CHECK(watch.calls > 0 && !watch.falls && !watch.outside);
    CHECK(watch.fraction == 1 && strcmp(watch.stage, "done") == 0);
    CHECK(watch.items_done == 1 && watch.items_total == 1);

    size_t count = 0;
    char *truth_text = read_file("examples/media/demo.truth.json", &count);
    json *truth = json_parse(truth_text), *payload = json_parse(vn_analysis_json(analysis));
    CHECK(json_number_at(payload, "/media/width") == json_number_at(truth, "/width"));
    CHECK(json_number_at(payload, "/media/height") == json_number_at(truth, "/height"));
    CHECK(strcmp(json_text_at(payload, "/media/kind"), "video") == 0);
    CHECK(vn_analysis_score(analysis, &score) && score > 0 && score < 100);
    if (!brief) {
        CHECK(vn_analysis_status(analysis) == VN_ASSET_STATUS_COMPLETE);
        CHECK_NEAR(json_number_at(payload, "/media/duration_s"), json_number_at(truth, "/duration"), 0.1);
        CHECK_NEAR(json_number_at(payload, "/modalities/audio/summary/loudness/integrated_lufs"),
                   json_number_at(truth, "/loudness_target_lufs"), 1.0);
        const json *cuts = json_at(truth, "/hard_cut_times");
        const json *shots = json_at(payload, "/modalities/vision/summary/shots");
        CHECK(shots != NULL && shots->count == cuts->count + 1);
        for (size_t i = 0; shots != NULL && i < cuts->count && i + 1 < shots->count; i++) {
            CHECK_NEAR(json_number_at(&shots->items[i + 1], "/start_s"), cuts->items[i].number, 1.01 / 30);
        }
    }
    for (size_t i = 0; i < vn_analysis_vectors_count(analysis); i++) {
        vn_vectors vectors;
        CHECK_OK(vn_analysis_vectors_at(analysis, i, &vectors, &error));
        CHECK(vectors.rows > 0 && vectors.columns > 0);
        for (size_t row = 0; row + 1 < vectors.rows; row++) {
            /* Landmarks may stand at one time; of two speakers the first need not end first. */
            if (strcmp(vectors.name, "speaker_prosody") != 0 && !(vectors.times_s[row] <= vectors.times_s[row + 1])) {
                CHECK(!"the times of a table rise");
                break;
            }
        }
    }

    char *picture = NULL;
    CHECK_OK(vn_analysis_timeline(analysis, &picture, &error));
    CHECK(strncmp(picture, "<svg", 4) == 0 && strstr(picture, ">shots<") != NULL && strstr(picture, ">level<") != NULL);
    vn_string_free(picture);
    CHECK_OK(vn_analysis_report_html(analysis, &picture, &error));
    CHECK(strncmp(picture, "<div", 4) == 0 && strstr(picture, ">level<") != NULL);
    vn_string_free(picture);

    /* The same bytes are the same asset with the same features. */
    char *bytes = read_file(CLIP, &count);
    CHECK_OK(vn_analyze_bytes((const uint8_t *)bytes, count, options, &again, &error));
    free(bytes);
    json *second = json_parse(vn_analysis_json(again));
    CHECK(strcmp(vn_analysis_asset_id(analysis), vn_analysis_asset_id(again)) == 0);
    CHECK(strcmp(json_text_at(payload, "/content_sha256"), json_text_at(second, "/content_sha256")) == 0);
    CHECK(json_number_at(payload, "/score/viral") == json_number_at(second, "/score/viral"));
    CHECK(json_number_at(payload, "/modalities/vision/summary/motion/intensity") ==
          json_number_at(second, "/modalities/vision/summary/motion/intensity"));
    json_free(second);
    json_free(payload);
    json_free(truth);
    free(truth_text);
    vn_analysis_free(analysis);
    vn_analysis_free(again);
    vn_options_free(options);
}

static bool stop(const vn_progress *progress, void *user_data)
{
    (void)progress;
    ++*(size_t *)user_data;
    return false;
}

static void stopping(void)
{
    vn_options *options = settings();
    vn_analysis *analysis = NULL;
    size_t calls = 0;
    CHECK_OK(vn_options_set_progress(options, stop, &calls, &error));
    CHECK_STATUS(vn_analyze(CLIP, options, &analysis, &error), VN_STATUS_CANCELLED);
    CHECK(calls == 1 && analysis == NULL);

    /* The same options serve the next call. */
    CHECK_OK(vn_options_set_progress(options, NULL, NULL, &error));
    CHECK_OK(vn_analyze_text("It goes on.", options, &analysis, &error));
    vn_analysis_free(analysis);
    vn_options_free(options);
}

struct canceller {
    vn_cancel_token *token;
    pthread_mutex_t mutex;
    pthread_cond_t begun;
    bool decoding;
    struct timespec cancelled;
};

static bool tell(const vn_progress *progress, void *user_data)
{
    struct canceller *canceller = user_data;
    if (strcmp(progress->stage, "decode") == 0) {
        pthread_mutex_lock(&canceller->mutex);
        canceller->decoding = true;
        pthread_cond_signal(&canceller->begun);
        pthread_mutex_unlock(&canceller->mutex);
    }
    return true;
}

static void *cancel(void *argument)
{
    struct canceller *canceller = argument;
    pthread_mutex_lock(&canceller->mutex);
    while (!canceller->decoding) {
        pthread_cond_wait(&canceller->begun, &canceller->mutex);
    }
    pthread_mutex_unlock(&canceller->mutex);
    clock_gettime(CLOCK_MONOTONIC, &canceller->cancelled);
    vn_cancel_token_cancel(canceller->token);
    return NULL;
}

/* Another thread cancels while the clip is decoded; the call ends soon after, not at the end of the clip. */
static void cancelling(void)
{
    vn_options *options = settings();
    vn_analysis *analysis = NULL;
    struct canceller canceller = { vn_cancel_token_new(), PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, { 0, 0 } };
    CHECK_OK(vn_options_set_cancel_token(options, canceller.token, &error));
    CHECK_OK(vn_options_set_progress(options, tell, &canceller, &error));
    CHECK(!vn_cancel_token_is_cancelled(canceller.token));
    pthread_t thread;
    pthread_create(&thread, NULL, cancel, &canceller);
    CHECK_STATUS(vn_analyze(CLIP, options, &analysis, &error), VN_STATUS_CANCELLED);
    struct timespec ended;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    pthread_mutex_lock(&canceller.mutex);
    canceller.decoding = true; /* should the call have ended before it decoded */
    pthread_cond_signal(&canceller.begun);
    pthread_mutex_unlock(&canceller.mutex);
    pthread_join(thread, NULL);
    double late = (double)(ended.tv_sec - canceller.cancelled.tv_sec) + (double)(ended.tv_nsec - canceller.cancelled.tv_nsec) / 1e9;
    CHECK(late < (brief ? 20 : 1));
    CHECK(analysis == NULL && vn_cancel_token_is_cancelled(canceller.token));

    /* The options keep what they need of the token, and a cancelled one stays so. */
    vn_cancel_token_free(canceller.token);
    CHECK_OK(vn_options_set_progress(options, NULL, NULL, &error));
    CHECK_STATUS(vn_analyze(CLIP, options, &analysis, &error), VN_STATUS_CANCELLED);
    CHECK_OK(vn_options_set_cancel_token(options, NULL, &error));
    CHECK_OK(vn_analyze_text("It goes on.", options, &analysis, &error));
    vn_analysis_free(analysis);
    vn_options_free(options);
}

/* Every stage is a span that ends, with the host's correlation id. */
static void monitor(void)
{
    vn_options *options = settings();
    vn_analysis *analysis = NULL;
    char *text = NULL;
    vn_memory_monitor *monitor = vn_memory_monitor_new();
    CHECK_OK(vn_options_set_monitor(options, monitor, &error));
    CHECK_OK(vn_options_set_correlation_id(options, "job-42", &error));
    CHECK_OK(vn_analyze_text("Watch me.", options, &analysis, &error));
    vn_analysis_free(analysis);

    CHECK_OK(vn_memory_monitor_spans_json(monitor, &text, &error));
    json *spans = json_parse(text);
    static const char *const stages[] = { "analyze", "open", "decode", "text", "score" };
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++) {
        bool seen = false;
        for (size_t i = 0; i < spans->count; i++) {
            const json *span = &spans->items[i];
            seen = seen || (strcmp(json_text_at(span, "/name"), stages[s]) == 0 &&
                            strcmp(json_text_at(span, "/correlation_id"), "job-42") == 0 &&
                            json_number_at(span, "/duration_s") >= 0);
        }
        if (!seen) {
            printf("no completed span of the stage %s\n", stages[s]);
        }
        CHECK(seen);
    }
    json_free(spans);
    vn_string_free(text);

    CHECK_OK(vn_memory_monitor_records_json(monitor, &text, &error));
    json *records = json_parse(text);
    CHECK(records->count >= 10);
    for (size_t i = 0; i < records->count; i++) {
        CHECK(strcmp(json_text_at(&records->items[i], "/correlation_id"), "job-42") == 0);
        CHECK(strlen(json_text_at(&records->items[i], "/topic")) > 0);
    }
    json_free(records);
    vn_string_free(text);

    vn_memory_monitor_clear(monitor);
    CHECK_OK(vn_memory_monitor_records_json(monitor, &text, &error));
    CHECK(strcmp(text, "[]") == 0);
    vn_string_free(text);
    /* The options go on with the monitor. */
    vn_memory_monitor_free(monitor);
    CHECK_OK(vn_analyze_text("Watch me again.", options, &analysis, &error));
    vn_analysis_free(analysis);
    vn_options_free(options);
}

int main(void)
{
    brief = getenv("VN_TEST_BRIEF") != NULL;
    path_and_bytes();
    stopping();
    cancelling();
    monitor();
    return report("media");
}
