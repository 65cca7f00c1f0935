/* Modalities of the host in C: one that measures, and ones that fail in every place. */
#include "check.h"
#include "json.h"

#include <stdatomic.h>

enum { RATE = 16000, SECONDS = 2, WIDTH = 64, HEIGHT = 48, FRAMES = 50 };

static const double PI = 3.14159265358979323846;
static atomic_int made, ended;

struct level {
    bool begun;
    size_t samples, frames, wrong;
    double energy, next_s, last_s;
    char json[256];
};

static void *create(void *user_data)
{
    struct level *level = calloc(1, sizeof *level);
    atomic_fetch_add(&made, 1);
    *(int *)user_data += 0; /* it is ours */
    return level;
}

static const char *begin(void *instance, const char *info_json)
{
    struct level *level = instance;
    json *info = json_parse(info_json);
    level->begun = strlen(json_text_at(info, "/kind")) > 0;
    json_free(info);
    return NULL;
}

static const char *audio(void *instance, const float *mono16k, size_t count, double start_s)
{
    struct level *level = instance;
    if (!level->begun || fabs(start_s - level->next_s) > 1e-6) {
        level->wrong++;
    }
    for (size_t i = 0; i < count; i++) {
        level->energy += (double)mono16k[i] * (double)mono16k[i];
    }
    level->samples += count;
    level->next_s = start_s + (double)count / 16000;
    return NULL;
}

static const char *frame(void *instance, const uint8_t *rgb, size_t width, size_t height, size_t stride, double time_s)
{
    struct level *level = instance;
    const uint8_t *last = rgb + (height - 1) * stride + (width - 1) * 3;
    if (width != WIDTH || height != HEIGHT || stride < 3 * width || rgb[0] != 10 || last[1] != 20 || last[2] != 30 ||
        (level->frames > 0 && time_s <= level->last_s)) {
        level->wrong++;
    }
    level->frames++;
    level->last_s = time_s;
    return NULL;
}

static const char *finish(void *instance, const char *shared_json, const char **summary_json)
{
    struct level *level = instance;
    json *shared = json_parse(shared_json);
    snprintf(level->json, sizeof level->json,
             "{\"rms\": %.9g, \"samples\": %zu, \"frames\": %zu, \"wrong\": %zu, \"duration_s\": %.9g}",
             level->samples == 0 ? 0 : sqrt(level->energy / (double)level->samples), level->samples, level->frames, level->wrong,
             json_number_at(shared, "/duration_s"));
    json_free(shared);
    *summary_json = level->json;
    return NULL;
}

static void destroy(void *instance)
{
    atomic_fetch_add(&ended, 1);
    free(instance);
}

static int owned;

static vn_extractor table(void)
{
    return (vn_extractor){
        .struct_size = sizeof(vn_extractor),
        .modality = "level",
        .version = "1",
        .wants = VN_WANTS_AUDIO,
        .user_data = &owned,
        .create = create,
        .begin = begin,
        .audio = audio,
        .frame = frame,
        .finish = finish,
        .destroy = destroy,
    };
}

/* Two seconds of a sine of amplitude 0.5, and a second of one colour at 25 frames a second. */
static void analyze_raw(const vn_options *options, vn_analysis **analysis)
{
    float *samples = malloc(sizeof *samples * RATE * SECONDS);
    uint8_t *rgb = malloc((size_t)FRAMES * WIDTH * HEIGHT * 3);
    double times_s[FRAMES];
    for (size_t n = 0; n < RATE * SECONDS; n++) {
        samples[n] = (float)(0.5 * sin(2 * PI * 440 * (double)n / RATE));
    }
    for (size_t i = 0; i < (size_t)FRAMES * WIDTH * HEIGHT * 3; i++) {
        rgb[i] = (uint8_t)(10 * (i % 3 + 1));
    }
    for (size_t k = 0; k < FRAMES; k++) {
        times_s[k] = (double)k / 25;
    }
    vn_raw_audio sound = { samples, RATE * SECONDS, RATE, 1 };
    vn_raw_frames pictures = { rgb, FRAMES, WIDTH, HEIGHT, times_s };
    CHECK_OK(vn_analyze_raw(&sound, &pictures, options, analysis, &error));
    free(samples);
    free(rgb);
}

static json *run(const vn_extractor *extractor)
{
    vn_options *options = vn_options_new();
    vn_analysis *analysis = NULL;
    CHECK_OK(vn_options_add_extractor(options, extractor, &error));
    analyze_raw(options, &analysis);
    json *payload = json_parse(vn_analysis_json(analysis));
    vn_analysis_free(analysis);
    vn_options_free(options);
    CHECK(atomic_load(&made) == atomic_load(&ended));
    return payload;
}

static void measures(void)
{
    vn_extractor extractor = table();
    json *payload = run(&extractor);
    const json *level = json_at(payload, "/modalities/level");
    CHECK(strcmp(json_text_at(payload, "/status"), "complete") == 0);
    CHECK(strcmp(json_text_at(level, "/status"), "complete") == 0);
    CHECK(strcmp(json_text_at(level, "/model_version"), "1") == 0);
    CHECK_NEAR(json_number_at(level, "/summary/rms"), 0.5 / sqrt(2), 1e-3);
    CHECK_NEAR(json_number_at(level, "/summary/samples"), RATE * SECONDS, 2);
    CHECK_NEAR(json_number_at(level, "/summary/duration_s"), SECONDS, 0.05);
    CHECK(json_number_at(level, "/summary/frames") == 0); /* not asked for */
    CHECK(json_number_at(level, "/summary/wrong") == 0);
    CHECK(strcmp(json_text_at(payload, "/modalities/audio/status"), "complete") == 0);
    json_free(payload);

    extractor.wants = VN_WANTS_EVERY_FRAME;
    payload = run(&extractor);
    level = json_at(payload, "/modalities/level");
    CHECK(json_number_at(level, "/summary/frames") == FRAMES);
    CHECK(json_number_at(level, "/summary/samples") == 0);
    CHECK(json_number_at(level, "/summary/wrong") == 0);
    json_free(payload);

    /* Two seconds at 2 to 4 frames a second. */
    extractor.wants = VN_WANTS_SAMPLED_FRAMES | VN_WANTS_AUDIO;
    payload = run(&extractor);
    level = json_at(payload, "/modalities/level");
    CHECK(json_number_at(level, "/summary/frames") >= 3 && json_number_at(level, "/summary/frames") <= 9);
    CHECK(json_number_at(level, "/summary/wrong") == 0);
    json_free(payload);
}

static const char *sour(void *instance, const float *mono16k, size_t count, double start_s)
{
    (void)instance, (void)mono16k, (void)count, (void)start_s;
    return "the milk is sour";
}
static void *create_nothing(void *user_data)
{
    (void)user_data;
    return NULL;
}
static const char *finish_nothing(void *instance, const char *shared_json, const char **summary_json)
{
    (void)instance, (void)shared_json, (void)summary_json;
    return NULL;
}
static const char *finish_no_json(void *instance, const char *shared_json, const char **summary_json)
{
    (void)instance, (void)shared_json;
    *summary_json = "{\"a\": nan}";
    return NULL;
}
static const char *finish_no_object(void *instance, const char *shared_json, const char **summary_json)
{
    (void)instance, (void)shared_json;
    *summary_json = "[1, 2]";
    return NULL;
}

/* The modality is failed with the host's words; the others go on. */
static void fails(const vn_extractor *extractor, const char *words)
{
    json *payload = run(extractor);
    const json *level = json_at(payload, "/modalities/level");
    CHECK(strcmp(json_text_at(payload, "/status"), "partial") == 0);
    CHECK(strcmp(json_text_at(level, "/status"), "failed") == 0);
    CHECK(strcmp(json_text_at(level, "/error/code"), "HOST_FAILED") == 0);
    if (strstr(json_text_at(level, "/error/message"), words) == NULL) {
        printf("%s\n", json_text_at(level, "/error/message"));
        CHECK(!"the message has the host's words");
    }
    CHECK(strcmp(json_text_at(payload, "/modalities/audio/status"), "complete") == 0);
    CHECK(strcmp(json_text_at(payload, "/modalities/vision/status"), "complete") == 0);
    json_free(payload);
}

static void failures_of_the_host(void)
{
    vn_extractor extractor = table();
    extractor.audio = sour;
    fails(&extractor, "the milk is sour");
    extractor = table();
    extractor.create = create_nothing;
    fails(&extractor, "no instance");
    extractor = table();
    extractor.finish = finish_nothing;
    fails(&extractor, "no summary");
    extractor = table();
    extractor.finish = finish_no_json;
    fails(&extractor, "not JSON");
    extractor = table();
    extractor.finish = finish_no_object;
    fails(&extractor, "not a JSON object");
}

static void refused(void)
{
    vn_options *options = vn_options_new();
    vn_analysis *analysis = NULL;
    vn_extractor extractor = table();
    extractor.struct_size = 8;
    CHECK_REFUSED(vn_options_add_extractor(options, &extractor, &error), VN_STATUS_INVALID_INPUT, "struct_size");
    extractor = table();
    extractor.wants = 1u << 30;
    CHECK_REFUSED(vn_options_add_extractor(options, &extractor, &error), VN_STATUS_INVALID_INPUT, "wants");
    extractor = table();
    extractor.finish = NULL;
    CHECK_REFUSED(vn_options_add_extractor(options, &extractor, &error), VN_STATUS_INVALID_INPUT, "finish");
    extractor = table();
    extractor.wants = VN_WANTS_CUES;
    CHECK_REFUSED(vn_options_add_extractor(options, &extractor, &error), VN_STATUS_INVALID_INPUT, "cue");
    extractor = table();
    extractor.version = NULL;
    CHECK_REFUSED(vn_options_add_extractor(options, &extractor, &error), VN_STATUS_INVALID_INPUT, "version");
    extractor = table();
    extractor.modality = "audio"; /* built in */
    CHECK_OK(vn_options_add_extractor(options, &extractor, &error));
    CHECK(vn_analyze_text("No.", options, &analysis, NULL) != VN_STATUS_OK);
    CHECK(analysis == NULL);
    vn_options_free(options);
}

/* One instance for each asset of a batch, several at once. */
static void batch(void)
{
    const vn_source sources[] = { { .text = "One." }, { .text = "Two." }, { .text = "Three." }, { .text = "Four." } };
    vn_options *options = vn_options_new();
    vn_extractor extractor = table();
    vn_batch *results = NULL;
    int before = atomic_load(&made);
    CHECK_OK(vn_options_set_threads(options, 4, &error));
    CHECK_OK(vn_options_add_extractor(options, &extractor, &error));
    CHECK_OK(vn_analyze_many(sources, 4, 0, options, &results, &error));
    for (size_t i = 0; i < 4; i++) {
        CHECK(vn_batch_status(results, i) == VN_STATUS_OK);
    }
    CHECK(atomic_load(&made) == before + 4 && atomic_load(&ended) == atomic_load(&made));
    vn_batch_free(results);
    vn_options_free(options);
}

struct cues {
    size_t count;
    double last_s;
    char first[128];
    char json[512];
};

static void *create_cues(void *user_data)
{
    (void)user_data;
    return calloc(1, sizeof(struct cues));
}
static const char *take_cue(void *instance, double start_s, double end_s, const char *text)
{
    struct cues *cues = instance;
    if (cues->count++ == 0) {
        snprintf(cues->first, sizeof cues->first, "%s", text);
    }
    cues->last_s = end_s;
    return end_s >= start_s ? NULL : "a cue ends before it begins";
}
static const char *finish_cues(void *instance, const char *shared_json, const char **summary_json)
{
    struct cues *cues = instance;
    (void)shared_json;
    snprintf(cues->json, sizeof cues->json, "{\"count\": %zu, \"last_s\": %.9g, \"first\": \"%s\"}",
             cues->count, cues->last_s, cues->first);
    *summary_json = cues->json;
    return NULL;
}

/* The captions embedded in our demo clip: the sentences that its maker put into it. */
static void captions(void)
{
    const char *const modalities[] = { "text" };
    vn_extractor extractor = {
        .struct_size = sizeof(vn_extractor),
        .modality = "captions",
        .version = "1",
        .wants = VN_WANTS_CUES,
        .create = create_cues,
        .cue = take_cue,
        .finish = finish_cues,
        .destroy = free,
    };
    vn_options *options = vn_options_new();
    vn_analysis *analysis = NULL;
    CHECK_OK(vn_options_set_modalities(options, modalities, 1, &error));
    CHECK_OK(vn_options_add_extractor(options, &extractor, &error));
    CHECK_OK(vn_analyze("examples/media/demo.mp4", options, &analysis, &error));
    json *payload = json_parse(vn_analysis_json(analysis));
    const json *summary = json_at(payload, "/modalities/captions/summary");
    size_t size;
    char *text = read_file("examples/media/demo.truth.json", &size);
    json *truth = json_parse(text);
    const json *transcript = json_at(truth, "/transcript");
    CHECK(transcript->count > 0 && json_number_at(summary, "/count") == (double)transcript->count);
    CHECK(strcmp(json_text_at(summary, "/first"), json_text_at(transcript, "/0/text")) == 0);
    CHECK_NEAR(json_number_at(summary, "/last_s"), json_number_at(&transcript->items[transcript->count - 1], "/end"), 0.05);
    json_free(truth);
    free(text);
    json_free(payload);
    vn_analysis_free(analysis);
    vn_options_free(options);
}

int main(void)
{
    measures();
    failures_of_the_host();
    refused();
    batch();
    captions();
    return report("extractor");
}
