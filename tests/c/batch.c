/* Many assets: the order is kept, bad ones are entries with their error, the rows fit into one table. */
#include "check.h"
#include "json.h"

static bool count_items(const vn_progress *progress, void *user_data)
{
    size_t *most = user_data;
    if (progress->items_total != 5 || progress->items_done > 5) {
        most[1]++;
    }
    most[0] = progress->items_done > most[0] ? progress->items_done : most[0];
    return true;
}

static bool stop(const vn_progress *progress, void *user_data)
{
    (void)progress, (void)user_data;
    return false;
}

/* The keys of a JSON object of one line, joined. */
static void columns(const char *row, char *out, size_t size)
{
    json *object = json_parse(row);
    out[0] = '\0';
    for (size_t i = 0; i < object->count; i++) {
        strncat(out, object->keys[i], size - strlen(out) - 2);
        strcat(out, " ");
    }
    json_free(object);
}

static void order_and_errors(size_t threads)
{
    const vn_source sources[] = {
        { .text = "The first one is good." },
        { .path = "no/such/clip.mp4" },
        { .bytes = (const uint8_t *)"no medium at all", .bytes_count = 16 },
        { .path = "\xff.mp4" },
        { .text = "The last one is good too!" },
    };
    size_t most[2] = { 0, 0 };
    vn_options *options = vn_options_new();
    vn_batch *batch = NULL;
    CHECK_OK(vn_options_set_threads(options, threads, &error));
    CHECK_OK(vn_analyze_many(sources, 5, 60, options, &batch, &error));
    CHECK(vn_batch_count(batch) == 5);
    static const vn_status expected[] = {
        VN_STATUS_OK, VN_STATUS_NOT_FOUND, VN_STATUS_UNSUPPORTED_FORMAT, VN_STATUS_INVALID_INPUT, VN_STATUS_OK
    };
    char first[16384] = "", other[16384];
    for (size_t i = 0; i < 5; i++) {
        CHECK(vn_batch_status(batch, i) == expected[i]);
        CHECK((vn_batch_analysis(batch, i) != NULL) == (expected[i] == VN_STATUS_OK));
        CHECK(vn_error_status(vn_batch_error(batch, i)) == expected[i]);
        char *row = NULL;
        CHECK_OK(vn_batch_row_json(batch, i, &row, &error));
        columns(row, i == 0 ? first : other, sizeof first);
        CHECK(i == 0 || strcmp(first, other) == 0);
        CHECK(expected[i] == VN_STATUS_OK || strstr(row, vn_status_code(expected[i])) != NULL);
        vn_string_free(row);
    }
    CHECK(strlen(first) > 100);
    CHECK(strstr(vn_analysis_json(vn_batch_analysis(batch, 0)), "The first one is good.") != NULL);
    CHECK(strstr(vn_analysis_json(vn_batch_analysis(batch, 4)), "The last one is good too!") != NULL);
    CHECK(strstr(vn_error_message(vn_batch_error(batch, 1)), "no/such/clip.mp4") != NULL);

    /* Beyond the end. */
    char *row = NULL;
    CHECK(vn_batch_status(batch, 5) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_batch_analysis(batch, 5) == NULL && vn_batch_error(batch, 5) == NULL);
    CHECK_REFUSED(vn_batch_row_json(batch, 5, &row, &error), VN_STATUS_INVALID_INPUT, "index");
    vn_batch_free(batch);

    /* Progress counts the items that can be analysed. */
    const vn_source texts[] = { { .text = "One." }, { .text = "Two." }, { .text = "Three." }, { .text = "Four." }, { .text = "Five." } };
    CHECK_OK(vn_options_set_progress(options, count_items, most, &error));
    CHECK_OK(vn_analyze_many(texts, 5, 0, options, &batch, &error));
    CHECK(most[0] == 5 && most[1] == 0);
    vn_batch_free(batch);
    vn_options_free(options);
}

static void refused(void)
{
    const vn_source one = { .text = "Only one." };
    const vn_source empty = { .path = NULL };
    vn_batch *batch = NULL;
    vn_options *options = vn_options_new();
    CHECK_REFUSED(vn_analyze_many(&one, 1, -1, NULL, &batch, &error), VN_STATUS_INVALID_INPUT, "timeout_s");
    CHECK_REFUSED(vn_analyze_many(&one, 1, (double)NAN, NULL, &batch, &error), VN_STATUS_INVALID_INPUT, "timeout_s");
    CHECK_REFUSED(vn_analyze_many(NULL, 1, 0, NULL, &batch, &error), VN_STATUS_INVALID_INPUT, "sources");
    CHECK(batch == NULL);

    CHECK_OK(vn_analyze_many(NULL, 0, 0, NULL, &batch, &error));
    CHECK(batch != NULL && vn_batch_count(batch) == 0);
    vn_batch_free(batch);

    CHECK_OK(vn_analyze_many(&empty, 1, 0, NULL, &batch, &error));
    CHECK(vn_batch_status(batch, 0) == VN_STATUS_INVALID_INPUT);
    vn_batch_free(batch);

    CHECK_OK(vn_options_set_text(options, "For one asset.", &error));
    CHECK_REFUSED(vn_analyze_many(&one, 1, 0, options, &batch, &error), VN_STATUS_INVALID_CONFIG, "option: text");
    CHECK_OK(vn_options_set_text(options, NULL, &error));
    CHECK_OK(vn_options_set_progress(options, stop, NULL, &error));
    CHECK_STATUS(vn_analyze_many(&one, 1, 0, options, &batch, &error), VN_STATUS_CANCELLED);
    CHECK(batch == NULL);
    vn_options_free(options);
}

int main(void)
{
    order_and_errors(1);
    order_and_errors(4);
    refused();
    return report("batch");
}
