/* What the build is: versions, features, schema, dictionary. */
#include "check.h"
#include "json.h"

int main(void)
{
    char *text = NULL;

    /* run.sh gives the version of Cargo.toml. */
    const char *cargo = getenv("VN_TEST_VERSION");
    CHECK(cargo != NULL && strcmp(vn_version(), cargo) == 0);
    CHECK(strcmp(vn_version(), VN_VERSION) == 0);

    CHECK_OK(vn_info(&text, &error));
    json *info = json_parse(text);
    CHECK(strcmp(json_text_at(info, "/version"), vn_version()) == 0);
    CHECK(json_at(info, "/features/video") != NULL && json_at(info, "/features/video")->type == JSON_BOOL);
    CHECK(json_at(info, "/features/video")->number == 1);
    CHECK(json_at(info, "/features/sqlite")->number == 1);
    CHECK(strlen(json_text_at(info, "/ffmpeg")) > 0);
    CHECK(strlen(json_text_at(info, "/model_versions/audio")) > 0);
    json_free(info);
    vn_string_free(text);

    CHECK_OK(vn_json_schema(&text, &error));
    json *schema = json_parse(text);
    CHECK(strstr(json_text_at(schema, "/$schema"), "2020-12") != NULL);
    CHECK(json_at(schema, "/properties/modalities") != NULL);
    json_free(schema);
    vn_string_free(text);

    CHECK_OK(vn_feature_dictionary_json(&text, &error));
    json *dictionary = json_parse(text);
    bool loudness = false;
    for (size_t i = 0; i < dictionary->count; i++) {
        const json *entry = &dictionary->items[i];
        CHECK(strlen(json_text_at(entry, "/name")) > 0 && strlen(json_text_at(entry, "/since")) > 0);
        if (strcmp(json_text_at(entry, "/name"), "audio.loudness.integrated_lufs") == 0) {
            loudness = strcmp(json_text_at(entry, "/unit"), "LUFS") == 0;
        }
    }
    CHECK(dictionary->count > 50 && loudness);
    json_free(dictionary);
    vn_string_free(text);
    return report("info");
}
