/* Functions on pictures, files and clips. */
#include "check.h"


/* A word in letters of 5 by 7 squares, dark on light, is read; who lacks tesseract is told what to install. */
static void read_text(void)
{
    enum { SQUARE = 6, COLUMNS = 23 + 8, ROWS = 7 + 8 };
    static const char *const word[7] = {
        "#####  ###  #     #####", "#       #   #     #    ", "#       #   #     #    ",
        "####    #   #     #### ", "#       #   #     #    ", "#       #   #     #    ",
        "#      ###  ##### #####",
    };
    static uint8_t data[ROWS * SQUARE * COLUMNS * SQUARE];
    for (size_t i = 0; i < sizeof data; i++) {
        size_t row = i / (COLUMNS * SQUARE) / SQUARE, column = i % (COLUMNS * SQUARE) / SQUARE;
        bool within = row >= 4 && row < 11 && column >= 4 && column < 27;
        data[i] = within && word[row - 4][column - 4] == '#' ? 20 : 230;
    }
    vn_pixels picture = {data, COLUMNS * SQUARE, ROWS * SQUARE, 1};
    vn_features *features = NULL;
    CHECK_REFUSED(vn_vision_read_text(&picture, "{\"language\": \"tlh\"}", &features, &error), VN_STATUS_UNAVAILABLE,
                  "install");
    CHECK(features == NULL);
    vn_error *error = NULL;
    if (vn_vision_read_text(&picture, "{\"language\": \"en\"}", &features, &error) == VN_STATUS_UNAVAILABLE) {
        printf("SKIPPED c/vision: %s\n", vn_error_message(error));
        vn_error_free(error);
        return;
    }
    CHECK(error == NULL && features != NULL);
    const char *lines = features == NULL ? "" : vn_features_json(features);
    CHECK(strstr(lines, "\"text\":\"FILE\"") != NULL && strstr(lines, "\"box\":[") != NULL);
    vn_features_free(features);
}

int main(void)
{
    const char *demo = "examples/media/demo.mp4";
    static uint8_t ramp[64 * 64];
    for (size_t i = 0; i < sizeof ramp; i++) ramp[i] = (uint8_t)(i % 64 * 4);
    vn_pixels picture = {ramp, 64, 64, 1};
    vn_features *features = NULL;
    vn_error *error = NULL;
    CHECK(vn_vision_dhash(&picture, NULL, &features, &error) == VN_STATUS_OK);
    CHECK(strcmp(vn_features_json(features), "\"ffffffffffffffff\"") == 0);
    vn_features_free(features);

    CHECK(vn_vision_optical_flow(&picture, &picture, "{\"levels\": 1}", &features, &error) == VN_STATUS_OK);
    vn_vectors flow;
    CHECK(vn_features_vectors(features, "dx", &flow, &error) == VN_STATUS_OK);
    CHECK(flow.rows == 64 && flow.columns == 64 && fabs((double)flow.data[100]) < 1e-3 && flow.times_s == NULL);
    vn_features_free(features);

    CHECK(vn_vision_phash(NULL, NULL, &features, &error) == VN_STATUS_INVALID_INPUT && features == NULL);
    vn_error_free(error);
    picture.channels = 2;
    CHECK(vn_vision_phash(&picture, NULL, &features, NULL) == VN_STATUS_INVALID_INPUT);
    picture.channels = 1;
    CHECK(vn_vision_phash(&picture, "{\"size\": 8}", &features, NULL) == VN_STATUS_INVALID_CONFIG);

    CHECK(vn_vision_detect_shots(demo, NULL, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"cuts\"") != NULL);
    size_t size = 7;
    CHECK(vn_features_file(features, &size) == NULL && size == 0);
    vn_features_free(features);
    CHECK(vn_vision_motion_vectors(demo, "{\"blocks\": true, \"interval_s\": 0.1}", &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"width\":540") != NULL);
    vn_vectors blocks;
    CHECK(vn_features_vectors(features, "blocks", &blocks, &error) == VN_STATUS_OK);
    CHECK(blocks.columns == 8 && blocks.rows > 1000 && blocks.times_s == NULL);
    size_t left = 0, right = 0;
    for (size_t i = 0; i < blocks.rows && blocks.data[8 * i] < 12; i++) {
        if (blocks.data[8 * i + 1] > 0) continue;
        left += blocks.data[8 * i + 6] < -3;
        right += blocks.data[8 * i + 6] > 3;
    }
    CHECK(left > 100 && right * 20 < left); /* the first two seconds move to the left */
    vn_features_free(features);
    CHECK(vn_vision_motion_vectors("no-such-file.mp4", NULL, &features, NULL) == VN_STATUS_NOT_FOUND);
    CHECK(vn_vision_contact_sheet(demo, "{\"pictures\": 4, \"cell_width\": 40}", &features, &error) == VN_STATUS_OK);
    const uint8_t *png = vn_features_file(features, &size);
    CHECK(size > 100 && memcmp(png + 1, "PNG", 3) == 0);
    vn_features_free(features);
    CHECK(vn_vision_fingerprint("no-such-file.mp4", NULL, &features, NULL) == VN_STATUS_NOT_FOUND);

    read_text();

    const char *input = "{\"clips\": [{\"id\": \"a\", \"views\": 10, \"views_last_24h\": 1}, {\"id\": \"b\", \"views\": 2000000, "
                        "\"views_last_24h\": 1900000}], \"now\": \"2026-01-01T00:00:00Z\"}";
    CHECK(vn_clips_find(input, &features, &error) == VN_STATUS_OK);
    const char *list = vn_features_json(features);
    CHECK(strstr(list, "\"id\":\"b\"") < strstr(list, "\"id\":\"a\""));
    vn_features_free(features);
    CHECK(vn_clips_check_config("{\"config\": {\"platform\": []}}", &features, &error) == VN_STATUS_INVALID_CONFIG);
    CHECK(strstr(vn_error_message(error), "did you mean platforms") != NULL);
    vn_error_free(error);

    const char *listed = "{\"text\": \"{\\\"id\\\": \\\"a\\\", \\\"extractor_key\\\": \\\"TikTok\\\", \\\"view_count\\\": 5}\"}";
    CHECK(vn_clips_read_ytdlp(listed, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"platform\":\"tiktok\"") != NULL);
    vn_features_free(features);
    CHECK(vn_clips_fetch("{\"source\": \"youtub\", \"token\": \"t\"}", &features, &error) == VN_STATUS_INVALID_CONFIG);
    CHECK(strstr(vn_error_message(error), "tiktok_research") != NULL);
    vn_error_free(error);
    /* Port 9 of this machine, where nobody listens: an answer that says so, not an error. */
    const char *nobody = "{\"source\": \"x\", \"query\": {\"query\": \"cat\"}, \"token\": \"tok-SECRET\", "
                         "\"base_url\": \"http://127.0.0.1:9\", \"retry\": {\"tries\": 1}}";
    CHECK(vn_clips_fetch(nobody, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"code\":\"IO\"") != NULL);
    CHECK(strstr(vn_features_json(features), "SECRET") == NULL);
    vn_features_free(features);
    return report("vision");
}
