/* Text: alone through the pipeline, and the text functions by themselves. */
#include "check.h"
#include "json.h"

static void pipeline(void)
{
    vn_analysis *analysis = NULL;
    double score = -1;
    vn_vectors vectors;
    char *report_text = NULL;
    CHECK_OK(vn_analyze_text("Did you know 90% of people brush their teeth wrong? Here is why. I love it!", NULL, &analysis, &error));
    CHECK(vn_analysis_status(analysis) == VN_ASSET_STATUS_COMPLETE);
    json *payload = json_parse(vn_analysis_json(analysis));
    CHECK(vn_analysis_json(analysis) == vn_analysis_json(analysis)); /* made once, kept by the handle */
    CHECK(strcmp(json_text_at(payload, "/media/kind"), "text") == 0);
    CHECK(strcmp(json_text_at(payload, "/modalities/text/status"), "complete") == 0);
    CHECK(strcmp(json_text_at(payload, "/modalities/text/summary/language"), "en") == 0);
    CHECK(strcmp(json_text_at(payload, "/modalities/audio/status"), "unavailable") == 0);
    CHECK(json_at(payload, "/modalities/text/summary/sentences")->count == 3);
    CHECK(strcmp(json_text_at(payload, "/asset_id"), vn_analysis_asset_id(analysis)) == 0);

    /* The score's contributions sum to it. */
    CHECK(vn_analysis_score(analysis, &score) && score > 0 && score <= 100);
    CHECK(json_number_at(payload, "/score/viral") == score);
    double sum = 0;
    const json *contributions = json_at(payload, "/score/contributions");
    for (size_t i = 0; contributions != NULL && i < contributions->count; i++) {
        sum += json_number_at(&contributions->items[i], "/contribution");
    }
    CHECK_NEAR(sum, score, 1e-6);

    CHECK_REFUSED(vn_analysis_vectors(analysis, "audio", "mfcc", &vectors, &error), VN_STATUS_NOT_FOUND, "mfcc");
    CHECK(vectors.data == NULL && vectors.rows == 0);
    CHECK_OK(vn_analysis_report(analysis, 0, &report_text, &error));
    CHECK(strlen(report_text) > 100);
    vn_string_free(report_text);
    CHECK_OK(vn_analysis_report_html(analysis, &report_text, &error));
    CHECK(strchr(report_text, '<') != NULL);
    vn_string_free(report_text);
    json_free(payload);
    vn_analysis_free(analysis);
}

static void settings(void)
{
    vn_options *options = vn_options_new();
    vn_analysis *analysis = NULL;
    const char *const only_text[] = { "text" };
    CHECK_OK(vn_options_set_preset(options, "reference", &error));
    CHECK_OK(vn_options_set_modalities(options, only_text, 1, &error));
    CHECK_OK(vn_options_set_language(options, "de", &error));
    CHECK_OK(vn_options_set_asset_id(options, "post-7", &error));
    CHECK_OK(vn_options_set_correlation_id(options, "job-7", &error));
    CHECK_OK(vn_options_set_captions_text(options, "WEBVTT\n\n00:01.000 --> 00:02.500\nGuten Tag!\n", &error));
    /* The text may be left out where captions stand for it. */
    CHECK_OK(vn_analyze_text(NULL, options, &analysis, &error));
    json *payload = json_parse(vn_analysis_json(analysis));
    CHECK(strcmp(vn_analysis_asset_id(analysis), "post-7") == 0);
    CHECK(strcmp(json_text_at(payload, "/correlation_id"), "job-7") == 0);
    CHECK(strcmp(json_text_at(payload, "/preset"), "reference") == 0);
    CHECK(strcmp(json_text_at(payload, "/modalities/audio/status"), "skipped") == 0);
    CHECK(strcmp(json_text_at(payload, "/modalities/text/summary/language"), "de") == 0);
    CHECK(strcmp(json_text_at(payload, "/modalities/text/summary/source"), "sidecar") == 0);
    CHECK(strcmp(json_text_at(payload, "/modalities/text/summary/transcript/0/text"), "Guten Tag!") == 0);
    CHECK_NEAR(json_number_at(payload, "/modalities/text/summary/transcript/0/end_s"), 2.5, 1e-9);
    json_free(payload);
    vn_analysis_free(analysis);

    /* NULL takes a setting back. */
    CHECK_OK(vn_options_set_captions_text(options, NULL, &error));
    CHECK_OK(vn_options_set_language(options, NULL, &error));
    CHECK_OK(vn_options_set_asset_id(options, NULL, &error));
    CHECK_OK(vn_options_set_modalities(options, NULL, 0, &error));
    CHECK_OK(vn_analyze_text("This is an English sentence about the weather.", options, &analysis, &error));
    payload = json_parse(vn_analysis_json(analysis));
    CHECK(strlen(vn_analysis_asset_id(analysis)) == 32); /* from the content */
    CHECK(strcmp(json_text_at(payload, "/modalities/text/summary/language"), "en") == 0);
    json_free(payload);
    vn_analysis_free(analysis);
    vn_options_free(options);
}

static json *result(char *text)
{
    json *value = json_parse(text);
    vn_string_free(text);
    return value;
}

static void functions(void)
{
    char *text = NULL;
    /* vaderSentiment 3.3.2 on its own example. */
    CHECK_OK(vn_text_sentiment("VADER is smart, handsome, and funny.", &text, &error));
    json *value = result(text);
    CHECK_NEAR(json_number_at(value, "/compound"), 0.8316, 1e-4);
    CHECK_NEAR(json_number_at(value, "/positive"), 0.746, 6e-4);
    CHECK_NEAR(json_number_at(value, "/negative"), 0.0, 6e-4);
    json_free(value);

    /* Flesch 1948 by hand: 6 words, 1 sentence, 6 syllables. */
    CHECK_OK(vn_text_readability("The cat sat on the mat.", NULL, &text, &error));
    value = result(text);
    CHECK_NEAR(json_number_at(value, "/flesch_reading_ease"), 206.835 - 1.015 * 6 - 84.6, 1e-6);
    CHECK_NEAR(json_number_at(value, "/flesch_kincaid_grade"), 0.39 * 6 + 11.8 - 15.59, 1e-6);
    json_free(value);
    CHECK_OK(vn_text_readability("", "reference", &text, &error));
    value = result(text);
    CHECK(value->type == JSON_NULL);
    json_free(value);
    CHECK_STATUS(vn_text_readability("A word.", "best", &text, &error), VN_STATUS_INVALID_CONFIG);
    CHECK(text == NULL);

    CHECK_OK(vn_text_sentences("Dr. Who came. He left!", "en", &text, &error));
    value = result(text);
    CHECK(value->count == 2 && strcmp(json_text_at(value, "/1"), "He left!") == 0);
    json_free(value);

    CHECK_OK(vn_text_keywords("Solar panels turn sunlight into power. Solar panels on the roof save money.", "en", 2, &text, &error));
    value = result(text);
    CHECK(value->count == 2 && strstr(json_text_at(value, "/0/phrase"), "solar panels") != NULL);
    CHECK(json_number_at(value, "/0/score") <= json_number_at(value, "/1/score"));
    json_free(value);

    CHECK_OK(vn_text_hook("Did you know this one trick saves 50% of your time?", &text, &error));
    value = result(text);
    CHECK(json_number_at(value, "/style") > 0 && json_number_at(value, "/style") <= 1);
    CHECK(json_at(value, "/features")->count > 3);
    json_free(value);

    CHECK_OK(vn_text_language("Das Wetter ist heute sehr gut, und wir gehen in den Park.", &text, &error));
    value = result(text);
    CHECK(strcmp(json_text_at(value, "/0"), "de") == 0);
    CHECK(json_number_at(value, "/1") > 0 && json_number_at(value, "/1") <= 1);
    json_free(value);
    CHECK_OK(vn_text_language("?!", &text, &error));
    value = result(text);
    CHECK(value->type == JSON_NULL);
    json_free(value);

    CHECK_OK(vn_text_normalise("Only $5k! Follow @ana #MomLife", &text, &error));
    value = result(text);
    CHECK(strcmp(json_text_at(value, "/text"), "Only $5k! Follow ana Mom Life") == 0);
    CHECK(json_number_at(value, "/prices/0/amount") == 5000);
    json_free(value);
    CHECK_STATUS(vn_text_normalise("caf\xe9", &text, &error), VN_STATUS_INVALID_INPUT);
    CHECK(text == NULL);

    CHECK_OK(vn_text_emotions("Thank you so much!", &text, &error));
    value = result(text);
    CHECK(strcmp(json_text_at(value, "/labels/0"), "gratitude") == 0);
    CHECK(json_number_at(value, "/scores/gratitude") > 0.9);
    json_free(value);
    CHECK_OK(vn_text_hook_ab("Watch what this girl does next", "A report on municipal budgets", &text, &error));
    value = result(text);
    CHECK(strcmp(json_text_at(value, "/better"), "first") == 0);
    json_free(value);

    vn_features *many = NULL;
    CHECK_OK(vn_text_many("sentiment", "{\"text\": [\"VADER is smart, handsome, and funny.\", \"\"]}", &many, &error));
    value = json_parse(vn_features_json(many));
    CHECK(value->count == 2);
    CHECK_NEAR(json_number_at(value, "/0/compound"), 0.8316, 1e-4);
    json_free(value);
    vn_features_free(many);
    CHECK_REFUSED(vn_text_many("feeling", "{}", &many, &error), VN_STATUS_NOT_FOUND, "text.feeling");
    CHECK(many == NULL);
}

int main(void)
{
    pipeline();
    settings();
    functions();
    return report("text");
}
