/* Clips over time: put, query, sum up, write out. */
#include "check.h"

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
    return report("clips_store");
}
