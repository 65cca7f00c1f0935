/* Functions on pictures, files and clips. */
#include "check.h"
#include "json.h"

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

/* How often it was told, and after how many it says stop. */
typedef struct {
    int told, most;
    double last;
} watcher;

static bool watch(const vn_progress *progress, void *user_data)
{
    watcher *seen = user_data;
    seen->told++;
    seen->last = progress->fraction;
    return seen->told < seen->most;
}

typedef vn_status on_file_fn(const char *, const char *, vn_progress_fn, void *, vn_features **, vn_error **);

/* Functions on files are watched, stopped, and bounded by their limits; wrong ones are refused before the file is looked for. */
static void on_files(const char *demo)
{
    on_file_fn *const all[] = {vn_vision_contact_sheet, vn_vision_detect_shots, vn_vision_fingerprint, vn_vision_motion_vectors};
    const char *data = getenv("VIRALNOW_TEST_DATA");
    char path[4096];
    snprintf(path, sizeof path, "%s/data/video/long_1080p_lowbitrate.mp4", data == NULL ? "../shared" : data);
    FILE *file = fopen(path, "rb");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        vn_features *features = NULL;
        watcher seen = {0, 1 << 30, 0};
        CHECK_OK(all[i](demo, "{\"limits\": {\"max_wall_s\": 600}}", watch, &seen, &features, &error));
        CHECK(seen.told >= 2 && seen.last == 1);
        vn_features_free(features);
        seen = (watcher){0, 1, 0};
        CHECK_STATUS(all[i](demo, NULL, watch, &seen, &features, &error), VN_STATUS_CANCELLED);
        CHECK(seen.told == 1 && features == NULL);
        CHECK_REFUSED(all[i]("no-such-file.mp4", "{\"limits\": {\"max_wall_s\": 0}}", NULL, NULL, &features, &error),
                      VN_STATUS_INVALID_CONFIG, "max_wall_s");
        if (file != NULL) {
            CHECK_REFUSED(all[i](path, "{\"limits\": {\"max_wall_s\": 0.2}}", NULL, NULL, &features, &error),
                          VN_STATUS_TIMEOUT, "max_wall_s");
        }
    }
    if (file == NULL) {
        printf("SKIPPED c/vision/on_files: shared data not found (long_1080p_lowbitrate.mp4)\n");
    } else {
        fclose(file);
    }
}

/* Waves; the same further to the right by some pixels. */
static void waves(uint8_t *data, size_t width, size_t height, double shift)
{
    for (size_t i = 0; i < width * height; i++) {
        double x = (double)(i % width) - shift, y = (double)(i / width);
        data[i] = (uint8_t)(128 + 50 * sin(x / 5) + 50 * sin(y / 6));
    }
}

static void flow(void)
{
    enum { WIDTH = 160, HEIGHT = 120 };
    static uint8_t before[WIDTH * HEIGHT], after[WIDTH * HEIGHT];
    waves(before, WIDTH, HEIGHT, 0);
    waves(after, WIDTH, HEIGHT, 3);
    vn_pixels a = {before, WIDTH, HEIGHT, 1}, b = {after, WIDTH, HEIGHT, 1};
    vn_features *features = NULL;
    vn_vectors dx, dy;
    CHECK_OK(vn_vision_optical_flow(&a, &b, "{\"preset\": \"reference\"}", &features, &error));
    CHECK_OK(vn_features_vectors(features, "dx", &dx, &error));
    CHECK_OK(vn_features_vectors(features, "dy", &dy, &error));
    CHECK(dx.rows == HEIGHT && dx.columns == WIDTH && dx.times_s == NULL);
    double sum_x = 0, sum_y = 0;
    for (size_t row = 40; row < 80; row++) {
        for (size_t column = 40; column < 120; column++) {
            sum_x += (double)dx.data[row * WIDTH + column];
            sum_y += (double)dy.data[row * WIDTH + column];
        }
    }
    CHECK_NEAR(sum_x / (40 * 80), 3, 0.15);
    CHECK_NEAR(sum_y / (40 * 80), 0, 0.15);
    vn_features_free(features);
}

/* Nobody is there in a plain picture; who lacks a model is told which file was looked for. */
static void faces(void)
{
    static uint8_t plain[96 * 96];
    vn_pixels picture = {plain, 96, 96, 1};
    vn_features *features = NULL;
    vn_error *error = NULL;
    CHECK_REFUSED(vn_vision_detect_faces(&picture, "{\"longest_side\": 1}", &features, &error), VN_STATUS_INVALID_CONFIG,
                  "longest_side");
    vn_status status = vn_vision_detect_faces(&picture, NULL, &features, &error);
    if (status == VN_STATUS_OK) {
        CHECK(strcmp(vn_features_json(features), "[]") == 0);
    } else {
        CHECK(status == VN_STATUS_UNAVAILABLE && features == NULL && strlen(vn_error_message(error)) > 20);
    }
    vn_error_free(error);
    vn_features_free(features);
    /* The face in a photograph, which run.sh wrote as 512 by 512 pixels, as it names a folder of models. */
    char path[4096];
    const char *folder = getenv("VN_TEST_FOLDER");
    snprintf(path, sizeof path, "%s/astronaut.rgb", folder == NULL ? "." : folder);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        printf("SKIPPED c/vision/faces: shared data (data/models, data/images/astronaut.png) or ffmpeg not found\n");
        return;
    }
    fclose(file);
    size_t size = 0;
    char *pixels = read_file(path, &size);
    CHECK(size == 512 * 512 * 3);
    vn_pixels photograph = {(const uint8_t *)pixels, 512, 512, 3};
    features = NULL;
    error = NULL;
    status = vn_vision_detect_faces(&photograph, "{\"model\": \"yunet\"}", &features, &error);
    if (status == VN_STATUS_UNAVAILABLE) {
        printf("SKIPPED c/vision/faces: %s\n", vn_error_message(error));
    } else {
        CHECK(status == VN_STATUS_OK);
        json *found = json_parse(features == NULL ? "[]" : vn_features_json(features));
        CHECK_NEAR((double)found->count, 1, 0);
        /* By hand, from hairline to chin. */
        CHECK_NEAR(json_number_at(found, "/0/box/0"), 175, 20);
        CHECK_NEAR(json_number_at(found, "/0/box/1"), 60, 20);
        CHECK_NEAR(json_number_at(found, "/0/box/2"), 275, 20);
        CHECK_NEAR(json_number_at(found, "/0/box/3"), 180, 20);
        json_free(found);
    }
    vn_error_free(error);
    vn_features_free(features);
    free(pixels);
}

/* By shots every shot of the demo clip has its picture. */
static void sheet(const char *demo)
{
    size_t size = 0;
    char *text = read_file("examples/media/demo.truth.json", &size);
    json *truth = json_parse(text);
    const json *shots = json_at(truth, "/shots");
    vn_features *features = NULL;
    CHECK_OK(vn_vision_contact_sheet(demo, "{\"by\": \"shots\", \"pictures\": 10, \"cell_width\": 40}", NULL, NULL, &features,
                                     &error));
    json *found = json_parse(features == NULL ? "{}" : vn_features_json(features));
    const json *times = json_at(found, "/times_s");
    CHECK(times != NULL && shots != NULL && times->count == shots->count && times->count == 10);
    for (size_t i = 0; times != NULL && shots != NULL && i < times->count && i < shots->count; i++) {
        double start = json_number_at(&shots->items[i], "/start"), end = json_number_at(&shots->items[i], "/end");
        CHECK_NEAR(times->items[i].number, (start + end) / 2, (end - start) / 2);
    }
    json_free(found);
    vn_features_free(features);
    json_free(truth);
    free(text);
    CHECK_REFUSED(vn_vision_contact_sheet("no-such-file.mp4", "{\"by\": \"cuts\"}", NULL, NULL, &features, &error),
                  VN_STATUS_INVALID_CONFIG, "shots");
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

    flow();
    faces();
    sheet(demo);
    on_files(demo);

    CHECK(vn_vision_phash(NULL, NULL, &features, &error) == VN_STATUS_INVALID_INPUT && features == NULL);
    vn_error_free(error);
    picture.channels = 2;
    CHECK(vn_vision_phash(&picture, NULL, &features, NULL) == VN_STATUS_INVALID_INPUT);
    picture.channels = 1;
    CHECK(vn_vision_phash(&picture, "{\"size\": 8}", &features, NULL) == VN_STATUS_INVALID_CONFIG);

    CHECK(vn_vision_detect_shots("no-such-file.mp4", "{\"detector\": \"content\", \"params\": {\"bins\": 9}}", NULL, NULL, &features,
                                 &error) == VN_STATUS_INVALID_CONFIG);
    CHECK(strstr(vn_error_message(error), "bins") != NULL);
    vn_error_free(error);
    CHECK(vn_vision_detect_shots(demo, NULL, NULL, NULL, &features, &error) == VN_STATUS_OK);
    CHECK(strstr(vn_features_json(features), "\"cuts\"") != NULL);
    size_t size = 7;
    CHECK(vn_features_file(features, &size) == NULL && size == 0);
    vn_features_free(features);
    CHECK(vn_vision_motion_vectors(demo, "{\"blocks\": true, \"interval_s\": 0.1}", NULL, NULL, &features, &error) == VN_STATUS_OK);
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
    CHECK(vn_vision_motion_vectors("no-such-file.mp4", NULL, NULL, NULL, &features, NULL) == VN_STATUS_NOT_FOUND);
    CHECK(vn_vision_contact_sheet(demo, "{\"pictures\": 4, \"cell_width\": 40}", NULL, NULL, &features, &error) == VN_STATUS_OK);
    const uint8_t *png = vn_features_file(features, &size);
    CHECK(size > 100 && memcmp(png + 1, "PNG", 3) == 0);
    vn_features_free(features);
    CHECK(vn_vision_fingerprint("no-such-file.mp4", NULL, NULL, NULL, &features, NULL) == VN_STATUS_NOT_FOUND);
    CHECK_REFUSED(vn_vision_find_copies("{\"prints\": [\"none\"]}", NULL, NULL, &features, &error), VN_STATUS_DECODE_FAILED, "print");
    CHECK_OK(vn_vision_find_copies("{\"prints\": []}", NULL, NULL, &features, &error));
    CHECK(strcmp(vn_features_json(features), "[]") == 0);
    vn_features_free(features);
    CHECK_OK(vn_vision_pdq_dihedral(&picture, NULL, &features, &error));
    CHECK(strncmp(vn_features_json(features), "[{\"hash\":\"", 10) == 0);
    vn_features_free(features);

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
