/* Clips over time: put, query, sum up, write out. */
#include "check.h"
#include "json.h"

/* `state` of what a step of a loop gave, as a setting: it stands before the last key. */
static void state_of(const char *given, const char *last, char *settings, size_t size)
{
    const char *state = strstr(given, "\"state\":"), *end = NULL;
    for (const char *at = given; (at = strstr(at, last)) != NULL; at++) {
        end = at;
    }
    CHECK(state != NULL && end != NULL && state < end && (size_t)(end - state) + 3 < size);
    snprintf(settings, size, "{%.*s}", (int)(end - state), state);
}

/* The loops of clips and of the content score: weights follow the outcomes, and go back. */
static void weekly(void)
{
    static char settings[64 * 1024], state[256 * 1024];
    vn_features *features = NULL;
    vn_error *error = NULL;
    /* Velocity, the second value, decides. */
    char *at = settings, *end = settings + sizeof settings;
    at += snprintf(at, (size_t)(end - at), "{\"week\": \"w1\", \"lists\": [{\"features\": [");
    for (int i = 0; i < 40; i++) {
        at += snprintf(at, (size_t)(end - at), "%s[%d, %d, null, %d, 0.5]", i ? ", " : "", i * 7 % 40, i, i * 3 % 40);
    }
    at += snprintf(at, (size_t)(end - at), "], \"outcomes\": [");
    for (int i = 0; i < 40; i++) {
        at += snprintf(at, (size_t)(end - at), "%s%d", i ? ", " : "", i);
    }
    snprintf(at, (size_t)(end - at), "]}]}");
    CHECK(vn_clips_learn(settings, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"accepted\":true") != NULL);
    state_of(vn_features_json(features), ",\"weights\":", state, sizeof state);
    vn_features_free(features);
    CHECK(vn_clips_roll_back(state, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"weights\":[0.4,0.3,0.0,0.2,0.1]") != NULL);
    vn_features_free(features);
    CHECK(vn_clips_explore("{\"features\": [[1, 1, 0, 0, 0], [2, 2, 0, 0, 0]], \"seed\": 3}", &features, &error) == VN_STATUS_OK);
    CHECK(vn_features_json(features)[0] == '[');
    vn_features_free(features);

#define CLIP(id, rest) "{\"id\": \"" id "\", \"channel\": \"c\", " rest "}"
#define CLIPS "\"clips\": [" CLIP("a", "\"views\": 100") ", " CLIP("b", "\"views\": 200") ", " CLIP("d", "\"views\": 5000") "]"
    CHECK(vn_clips_what_if("{\"at\": 0, \"change\": {\"views\": 9000}, " CLIPS "}", &features, &error) == VN_STATUS_OK);
    json *scored = json_parse(vn_features_json(features));
    CHECK(json_number_at(scored, "/clip/views") == 9000);
    json_free(scored);
    vn_features_free(features);
    CHECK(vn_clips_what_if("{\"at\": 3, " CLIPS "}", &features, NULL) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_clips_outlier_scores("{" CLIPS "}", &features, &error) == VN_STATUS_OK);
    CHECK(strcmp(vn_features_json(features), "[0.5,1.0,25.0]") == 0);
    vn_features_free(features);
    const char *ranked = "{\"clips\": [{\"clip\": {\"id\": \"a\", \"niche\": \"n\"}, \"virality\": null, \"contributions\": [], \"unknown\": []}]}";
    CHECK(vn_clips_leaderboard(ranked, &features, &error) == VN_STATUS_OK);
    CHECK(strncmp(vn_features_json(features), "{\"n\":[{", 7) == 0);
    vn_features_free(features);
    CHECK(vn_clips_weekly_backtest("no-such-file.csv", NULL, &features, NULL) == VN_STATUS_NOT_FOUND);

    /* Loudness decides. */
    at = settings;
    at += snprintf(at, (size_t)(end - at), "{\"week\": \"w1\", \"lists\": [{\"scores\": [");
    for (int i = 0; i < 20; i++) {
        at += snprintf(at, (size_t)(end - at),
                       "%s{\"viral\": 50, \"interval\": null, \"calibrated\": false, \"model_version\": \"a\", \"contributions\":"
                       " [{\"feature\": \"audio.loudness.integrated_lufs\", \"value\": %d, \"contribution\": 0}]}",
                       i ? ", " : "", i - 34);
    }
    at += snprintf(at, (size_t)(end - at), "], \"outcomes\": [");
    for (int i = 0; i < 20; i++) {
        at += snprintf(at, (size_t)(end - at), "%s%d", i ? ", " : "", i);
    }
    snprintf(at, (size_t)(end - at), "]}]}");
    CHECK(vn_score_learn(settings, &features, &error) == VN_STATUS_OK);
    json *learned = json_parse(vn_features_json(features));
    CHECK(json_number_at(learned, "/points/audio.loudness.integrated_lufs") > 4);
    json_free(learned);
    vn_features_free(features);
    CHECK(vn_score_roll_back("{}", &features, NULL) == VN_STATUS_NOT_FOUND);
    CHECK(vn_score_apply("{}", &features, NULL) == VN_STATUS_INVALID_CONFIG);
}

int main(void)
{
    const char *folder = getenv("VN_TEST_FOLDER");
    char path[1024], to[1024], settings[2048];
    snprintf(path, sizeof path, "%s/clips.db", folder == NULL ? "." : folder);
    snprintf(to, sizeof to, "%s/clips.xlsx", folder == NULL ? "." : folder);
    remove(path);
    vn_features *features = NULL;
    vn_error *error = NULL;
    const char *looks[] = {
        "{\"clips\": [{\"id\": \"a\", \"platform\": \"youtube\", \"views\": 1000}], \"at\": \"2024-01-08T04:30:00Z\"}",
        "{\"clips\": [{\"id\": \"a\", \"platform\": \"youtube\", \"views\": 4200, \"title\": \"=1+1\"}], \"at\": \"2024-01-08T10:30:00Z\"}",
    };
    for (int i = 0; i < 2; i++) {
        CHECK(vn_clips_store_put(path, looks[i], &features, &error) == VN_STATUS_OK);
        CHECK(strstr(vn_features_json(features), "\"snapshots\":1") != NULL);
        vn_features_free(features);
    }
    CHECK(vn_clips_store_query(path, "{\"min_growth\": 3, \"strict\": true}", &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"growth_6h\":4.2") != NULL);
    vn_features_free(features);
    CHECK(vn_clips_store_query(path, "{\"min_grow\": 3}", &features, NULL) == VN_STATUS_INVALID_CONFIG);
    CHECK(vn_clips_store_query(":memory:", NULL, &features, NULL) == VN_STATUS_INVALID_INPUT);
    CHECK(vn_clips_store_histories(path, "{\"clips\": [{\"id\": \"a\", \"platform\": \"youtube\"}]}", &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"views\":1000") != NULL);
    vn_features_free(features);
    CHECK(vn_clips_store_summary(path, NULL, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"total_clips\":1") != NULL);
    vn_features_free(features);
    snprintf(settings, sizeof settings, "{\"to\": \"%s\"}", to);
    CHECK(vn_clips_store_export(path, settings, &features, &error) == VN_STATUS_OK);
    vn_features_free(features);
    CHECK(vn_clips_read(to, NULL, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"title\":\"=1+1\"") != NULL);
    vn_features_free(features);
    CHECK(vn_clips_store_erase(path, "{\"platform\": \"youtube\", \"id\": \"a\"}", &features, &error) == VN_STATUS_OK);
    CHECK(strcmp(vn_features_json(features), "true") == 0);
    vn_features_free(features);
    weekly();
    return report("clips_store");
}
