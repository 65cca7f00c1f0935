/* The store: written and read back as the same payload, listed, erased. run.sh gives an empty folder. */
#include "check.h"

int main(void)
{
    const char *folder = getenv("VN_TEST_FOLDER");
    char path[4096];
    snprintf(path, sizeof path, "%s/store.db", folder == NULL ? "." : folder);
    remove(path);

    vn_store *store = NULL, *second = NULL;
    vn_options *options = vn_options_new();
    vn_analysis *analysis = NULL, *read = NULL;
    char *text = NULL;
    bool erased = false;
    CHECK_OK(vn_store_open(path, &store, &error));
    CHECK_OK(vn_options_set_store(options, store, &error));
    CHECK_OK(vn_options_set_asset_id(options, "post-1", &error));
    CHECK_OK(vn_analyze_text("What a lovely day! We bake bread.", options, &analysis, &error));

    /* Through a second connection, as another process would. */
    CHECK_OK(vn_store_open(path, &second, &error));
    CHECK_OK(vn_store_get(second, "post-1", &read, &error));
    CHECK(strcmp(vn_analysis_json(analysis), vn_analysis_json(read)) == 0);
    CHECK(vn_analysis_status(read) == VN_ASSET_STATUS_COMPLETE);
    CHECK(vn_analysis_vectors_count(read) == 0);
    vn_analysis_free(read);

    /* Twice is one. */
    CHECK_OK(vn_store_put(store, analysis, &error));
    CHECK_OK(vn_store_list_json(store, NULL, 10, &text, &error));
    CHECK(strcmp(text, "[\"post-1\"]") == 0);
    vn_string_free(text);
    vn_analysis_free(analysis);

    CHECK_OK(vn_options_set_asset_id(options, "post-2", &error));
    CHECK_OK(vn_analyze_text("Another post entirely.", options, &analysis, &error));
    vn_analysis_free(analysis);
    CHECK_OK(vn_store_list_json(second, "post-1", 10, &text, &error));
    CHECK(strcmp(text, "[\"post-2\"]") == 0);
    vn_string_free(text);
    CHECK_OK(vn_store_list_json(second, NULL, 1, &text, &error));
    CHECK(strcmp(text, "[\"post-1\"]") == 0);
    vn_string_free(text);

    CHECK_OK(vn_store_erase(store, "post-1", &erased, &error));
    CHECK(erased);
    CHECK_OK(vn_store_erase(store, "post-1", &erased, &error));
    CHECK(!erased);
    CHECK_OK(vn_store_erase(store, "post-2", NULL, &error));
    CHECK_REFUSED(vn_store_get(store, "post-1", &read, &error), VN_STATUS_NOT_FOUND, "post-1");
    CHECK(read == NULL);
    CHECK_STATUS(vn_store_get(store, "", &read, &error), VN_STATUS_INVALID_INPUT);
    CHECK_OK(vn_store_list_json(store, NULL, 10, &text, &error));
    CHECK(strcmp(text, "[]") == 0);
    vn_string_free(text);

    /* The options keep the store that they were given. */
    vn_store_free(store);
    CHECK_OK(vn_analyze_text("Still stored.", options, &analysis, &error));
    CHECK_OK(vn_store_get(second, "post-2", &read, &error));
    CHECK(strcmp(vn_analysis_json(analysis), vn_analysis_json(read)) == 0);
    vn_analysis_free(read);
    vn_analysis_free(analysis);
    vn_options_free(options);
    vn_store_free(second);

    /* No folder, and a file that is no store. */
    store = NULL;
    CHECK(vn_store_open("/no/such/folder/store.db", &store, NULL) != VN_STATUS_OK);
    CHECK(vn_store_open("examples/media/demo.truth.json", &store, NULL) != VN_STATUS_OK);
    CHECK(store == NULL);
    remove(path);
    return report("store");
}
