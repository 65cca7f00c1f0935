/* Wrong arguments and settings: each is refused with its status and a message that names it, and nothing leaks. */
#include "check.h"

static void null_parameters(void)
{
    vn_analysis *analysis = NULL;
    vn_options *options = vn_options_new();
    vn_vectors vectors;
    char *text = NULL;
    uint8_t byte = 0;

    CHECK_REFUSED(vn_analyze(NULL, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT, "parameter: path");
    CHECK_REFUSED(vn_analyze("clip.mp4", NULL, NULL, &error), VN_STATUS_INVALID_INPUT, "parameter: out");
    CHECK_REFUSED(vn_analyze_text(NULL, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT, "parameter: content");
    CHECK_REFUSED(vn_analyze_bytes(NULL, 7, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT, "parameter: bytes");
    CHECK_STATUS(vn_analyze_bytes(&byte, 0, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT);
    CHECK_REFUSED(vn_analyze_raw(NULL, NULL, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT, "parameter: audio");
    CHECK_REFUSED(vn_analyze_many(NULL, 3, 0, NULL, NULL, &error), VN_STATUS_INVALID_INPUT, "parameter: out");
    CHECK_REFUSED(vn_options_set_preset(NULL, "fast", &error), VN_STATUS_INVALID_INPUT, "parameter: options");
    CHECK_REFUSED(vn_options_set_preset(options, NULL, &error), VN_STATUS_INVALID_INPUT, "parameter: preset");
    CHECK_REFUSED(vn_options_set_limit(options, NULL, 1, &error), VN_STATUS_INVALID_INPUT, "parameter: name");
    CHECK_REFUSED(vn_options_add_extractor(options, NULL, &error), VN_STATUS_INVALID_INPUT, "parameter: extractor");
    CHECK_REFUSED(vn_analysis_vectors(NULL, "audio", "mfcc", &vectors, &error), VN_STATUS_INVALID_INPUT, "parameter: analysis");
    CHECK_REFUSED(vn_analysis_report(NULL, 80, &text, &error), VN_STATUS_INVALID_INPUT, "parameter: analysis");
    CHECK_REFUSED(vn_store_open(NULL, NULL, &error), VN_STATUS_INVALID_INPUT, "parameter: out");
    CHECK_REFUSED(vn_store_put(NULL, NULL, &error), VN_STATUS_INVALID_INPUT, "parameter: store");
    CHECK_REFUSED(vn_info(NULL, &error), VN_STATUS_INVALID_INPUT, "parameter: out");
    CHECK_REFUSED(vn_text_sentiment(NULL, &text, &error), VN_STATUS_INVALID_INPUT, "parameter: content");
    CHECK_REFUSED(vn_text_keywords("word", NULL, 0, &text, &error), VN_STATUS_INVALID_INPUT, "parameter: top");
    CHECK_REFUSED(vn_memory_monitor_records_json(NULL, &text, &error), VN_STATUS_INVALID_INPUT, "parameter: monitor");
    CHECK(analysis == NULL && text == NULL);

    /* The error object is for those who want it. */
    CHECK(vn_analyze(NULL, NULL, &analysis, NULL) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_analyze(NULL, NULL, NULL, NULL) == VN_STATUS_INVALID_INPUT);
    vn_options_free(options);
}

static void null_handles(void)
{
    double score = -1;
    CHECK(vn_analysis_json(NULL) == NULL);
    CHECK(vn_analysis_asset_id(NULL) == NULL);
    CHECK(vn_analysis_status(NULL) == VN_ASSET_STATUS_NONE);
    CHECK(!vn_analysis_score(NULL, &score) && score == -1);
    CHECK(vn_analysis_vectors_count(NULL) == 0);
    CHECK(vn_batch_count(NULL) == 0);
    CHECK(vn_batch_status(NULL, 0) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_batch_analysis(NULL, 0) == NULL && vn_batch_error(NULL, 0) == NULL);
    CHECK(vn_error_status(NULL) == VN_STATUS_OK);
    CHECK(strcmp(vn_error_code(NULL), "OK") == 0 && strcmp(vn_error_message(NULL), "") == 0);
    CHECK(!vn_error_retryable(NULL) && vn_error_context_count(NULL) == 0);
    CHECK(!vn_cancel_token_is_cancelled(NULL));
    CHECK(vn_options_clone(NULL) == NULL);
    vn_cancel_token_cancel(NULL);
    vn_memory_monitor_clear(NULL);
    vn_analysis_free(NULL);
    vn_batch_free(NULL);
    vn_cancel_token_free(NULL);
    vn_error_free(NULL);
    vn_memory_monitor_free(NULL);
    vn_options_free(NULL);
    vn_store_free(NULL);
    vn_string_free(NULL);
}

static void bad_text(void)
{
    vn_analysis *analysis = NULL;
    vn_options *options = vn_options_new();
    const char *const modalities[] = { "audio", "\xff" };
    CHECK_REFUSED(vn_analyze("\xff\xfe.mp4", NULL, &analysis, &error), VN_STATUS_INVALID_INPUT, "not UTF-8");
    CHECK_REFUSED(vn_analyze_text("caf\xe9", NULL, &analysis, &error), VN_STATUS_INVALID_INPUT, "valid_up_to: 3");
    CHECK_REFUSED(vn_options_set_text(options, "\xc3\x28", &error), VN_STATUS_INVALID_INPUT, "parameter: content");
    CHECK_REFUSED(vn_options_set_modalities(options, modalities, 2, &error), VN_STATUS_INVALID_INPUT, "modalities");
    CHECK(analysis == NULL);
    vn_options_free(options);
}

static void bad_settings(void)
{
    vn_options *options = vn_options_new();
    vn_analysis *analysis = NULL;
    const char *const smell[] = { "smell" };
    CHECK_REFUSED(vn_options_set_preset(options, "best", &error), VN_STATUS_INVALID_CONFIG, "preset: best");
    CHECK_REFUSED(vn_options_set_threads(options, 100000, &error), VN_STATUS_INVALID_CONFIG, "threads");
    CHECK_REFUSED(vn_options_set_modalities(options, smell, 1, &error), VN_STATUS_INVALID_CONFIG, "modality: smell");
    CHECK_REFUSED(vn_options_set_modalities(options, smell, 0, &error), VN_STATUS_INVALID_CONFIG, "modalities");
    CHECK_REFUSED(vn_options_set_language(options, "English", &error), VN_STATUS_INVALID_CONFIG, "language: English");
    CHECK_REFUSED(vn_options_set_limit(options, "max_bites", 1, &error), VN_STATUS_INVALID_CONFIG, "max_duration_s");
    CHECK_REFUSED(vn_options_set_limit(options, "max_bytes", 0, &error), VN_STATUS_INVALID_CONFIG, "limit: max_bytes");
    CHECK_REFUSED(vn_options_set_limit(options, "max_wall_s", -1, &error), VN_STATUS_INVALID_CONFIG, "limit: max_wall_s");
    CHECK_REFUSED(vn_options_set_limit(options, "max_wall_s", (double)NAN, &error), VN_STATUS_INVALID_CONFIG, "max_wall_s");
    CHECK_STATUS(vn_options_set_asset_id(options, "", &error), VN_STATUS_INVALID_INPUT);
    CHECK_STATUS(vn_options_set_correlation_id(options, "a\nb", &error), VN_STATUS_INVALID_INPUT);

    /* A refused setting changes nothing: these options are still the defaults. */
    CHECK_OK(vn_analyze_text("It still works.", options, &analysis, &error));
    CHECK(strstr(vn_analysis_json(analysis), "\"preset\":\"balanced\"") != NULL);
    vn_analysis_free(analysis);

    CHECK_OK(vn_options_set_limit(options, "max_text_bytes", 10, &error));
    CHECK_STATUS(vn_analyze_text("Longer than ten bytes.", options, &analysis, &error), VN_STATUS_LIMIT_EXCEEDED);
    CHECK_OK(vn_options_set_text(options, "Once", &error));
    CHECK_REFUSED(vn_analyze_text("twice", options, &analysis, &error), VN_STATUS_INVALID_INPUT, "given twice");
    CHECK(analysis == NULL);
    vn_options_free(options);
}

static void bad_input(void)
{
    vn_analysis *analysis = NULL;
    vn_error *error = NULL;
    CHECK(vn_analyze("no/such/clip.mp4", NULL, &analysis, &error) == VN_STATUS_NOT_FOUND);
    CHECK(analysis == NULL);
    CHECK(strcmp(vn_error_code(error), "NOT_FOUND") == 0);
    CHECK(!vn_error_retryable(error));
    CHECK(strstr(vn_error_message(error), "no/such/clip.mp4") != NULL);
    bool named = false;
    for (size_t i = 0; i < vn_error_context_count(error); i++) {
        named = named || (strcmp(vn_error_context_key(error, i), "path") == 0 &&
                          strcmp(vn_error_context_value(error, i), "no/such/clip.mp4") == 0);
    }
    CHECK(named);
    CHECK(vn_error_context_key(error, vn_error_context_count(error)) == NULL);
    CHECK(vn_error_context_value(error, SIZE_MAX) == NULL);
    vn_error_free(error);

    CHECK_STATUS(vn_analyze("tests", NULL, &analysis, &error), VN_STATUS_INVALID_INPUT);
    CHECK_STATUS(vn_analyze_bytes((const uint8_t *)"no medium at all", 16, NULL, &analysis, &error),
                 VN_STATUS_UNSUPPORTED_FORMAT);
}

static void status_codes(void)
{
    CHECK(strcmp(vn_status_code(VN_STATUS_OK), "OK") == 0);
    CHECK(strcmp(vn_status_code(VN_STATUS_INVALID_INPUT), "INVALID_INPUT") == 0);
    CHECK(strcmp(vn_status_code(VN_STATUS_STORAGE_BUSY), "STORAGE_BUSY") == 0);
    CHECK(strcmp(vn_status_code(VN_STATUS_INTERNAL), "INTERNAL") == 0);
    CHECK(vn_status_code(-1) == NULL && vn_status_code(1000000) == NULL);
}

int main(void)
{
    null_parameters();
    null_handles();
    bad_text();
    bad_settings();
    bad_input();
    status_codes();
    return report("errors");
}
