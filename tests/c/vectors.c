/* The C runner of tests/vectors; see the README there for what a case is. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include "json.h"

#include <glob.h>

static const double PI = 3.14159265358979323846;

static double number(const json *value, const char *pointer, double otherwise)
{
    const json *found = json_at(value, pointer);
    return found != NULL && found->type == JSON_NUMBER ? found->number : otherwise;
}

/* The text there, or NULL. */
static const char *words(const json *value, const char *pointer)
{
    const json *found = json_at(value, pointer);
    return found != NULL && found->type == JSON_TEXT ? found->text : NULL;
}

static float *samples(const json *signal, vn_raw_audio *audio)
{
    double rate = number(signal, "/rate", 0);
    unsigned channels = (unsigned)number(signal, "/channels", 1);
    size_t length = (size_t)lround(rate * number(signal, "/seconds", 0));
    double *sum = calloc(length + 1, sizeof *sum);
    const json *parts = json_at(signal, "/parts");
    for (size_t p = 0; p < parts->count; p++) {
        const json *part = &parts->items[p];
        double amplitude = number(part, "/amplitude", 0);
        uint32_t x = (uint32_t)number(part, "/seed", 0);
        for (size_t n = 0; n < length; n++) {
            if (json_at(part, "/sine") != NULL) {
                sum[n] += amplitude * sin(2 * PI * number(part, "/sine", 0) * (double)n / rate);
            } else if (json_at(part, "/noise") != NULL) {
                x = x * 1664525u + 1013904223u;
                sum[n] += number(part, "/noise", 0) * ((double)x / 2147483648.0 - 1);
            } else if (json_at(part, "/nan") != NULL) {
                sum[n] += (double)n == number(part, "/nan", 0) ? (double)NAN : 0;
            } else {
                sum[n] += number(part, "/dc", 0);
            }
        }
    }
    float *interleaved = malloc(sizeof *interleaved * (length * channels + 1));
    for (size_t i = 0; i < length * channels; i++) {
        interleaved[i] = (float)sum[i / channels];
    }
    free(sum);
    *audio = (vn_raw_audio){ interleaved, length * channels, (uint32_t)rate, (uint16_t)channels };
    return interleaved;
}

static long triangle(long k)
{
    return labs((k % 128 + 128) % 128 - 64) - 32;
}

static uint8_t *pictures(const json *spec, vn_raw_frames *out)
{
    long width = (long)number(spec, "/width", 0), height = (long)number(spec, "/height", 0);
    const json *shots = json_at(spec, "/shots");
    size_t count = 0, k = 0;
    for (size_t s = 0; s < shots->count; s++) {
        count += (size_t)number(&shots->items[s], "/frames", 0);
    }
    uint8_t *rgb = malloc(count * (size_t)(width * height) * 3), *to = rgb;
    double *times_s = malloc(count * sizeof *times_s);
    for (size_t s = 0; s < shots->count; s++) {
        const json *shot = &shots->items[s];
        long texture = (long)number(shot, "/texture", 0), seed = (long)number(shot, "/seed", 0);
        long dx = (long)number(shot, "/shift/0", 0), dy = (long)number(shot, "/shift/1", 0);
        long colour[3] = { (long)number(shot, "/rgb/0", 0), (long)number(shot, "/rgb/1", 0), (long)number(shot, "/rgb/2", 0) };
        for (long j = 0; j < (long)number(shot, "/frames", 0); j++, k++) {
            times_s[k] = (double)k / number(spec, "/fps", 1);
            for (long y = 0; y < height; y++) {
                for (long x = 0; x < width; x++) {
                    long u = x - j * dx, v = y - j * dy;
                    long wave = triangle(u + 2 * v + 17 * seed) + triangle(3 * u - v + 29 * seed);
                    wave = texture * (wave + triangle(2 * u + 5 * v + 7 * seed));
                    wave = wave >= 0 ? wave / 96 : -((95 - wave) / 96);
                    for (int c = 0; c < 3; c++) {
                        long value = colour[c] + wave;
                        *to++ = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
                    }
                }
            }
        }
    }
    *out = (vn_raw_frames){ rgb, count, (size_t)width, (size_t)height, times_s };
    return rgb;
}

/* Settings as a host writes them, until one is refused. */
static vn_status settings(const json *given, const json *input, vn_options *options, vn_error **error)
{
    vn_status status = VN_STATUS_OK;
    const json *modalities = json_at(given, "/modalities"), *limits = json_at(given, "/limits");
    if (words(given, "/preset") != NULL) {
        status = vn_options_set_preset(options, words(given, "/preset"), error);
    }
    if (status == VN_STATUS_OK && modalities != NULL) {
        const char *names[16] = { NULL };
        for (size_t i = 0; i < modalities->count && i < 16; i++) {
            names[i] = modalities->items[i].text;
        }
        status = vn_options_set_modalities(options, names, modalities->count, error);
    }
    if (status == VN_STATUS_OK) {
        status = vn_options_set_language(options, words(given, "/language"), error);
    }
    if (status == VN_STATUS_OK) {
        status = vn_options_set_asset_id(options, words(given, "/asset_id"), error);
    }
    for (size_t i = 0; status == VN_STATUS_OK && limits != NULL && i < limits->count; i++) {
        if (limits->items[i].type == JSON_NUMBER) {
            status = vn_options_set_limit(options, limits->keys[i], limits->items[i].number, error);
        }
    }
    if (status == VN_STATUS_OK) {
        status = vn_options_set_captions_text(options, words(input, "/captions"), error);
    }
    return status;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The medians of the first columns of frame-level features, NaN left out: of an analysis, or of a function on samples. */
static void check_vectors(const json *one, const vn_analysis *analysis, const vn_features *features)
{
    const json *expect = json_at(one, "/expect_vectors");
    for (size_t i = 0; expect != NULL && i < expect->count; i++) {
        const char *key = expect->keys[i];
        vn_vectors vectors = { 0 };
        vn_status found;
        double median = NAN;
        if (features != NULL) {
            found = vn_features_vectors(features, key, &vectors, NULL);
        } else {
            char modality[64] = { 0 };
            const char *name = strchr(key, '/') + 1;
            memcpy(modality, key, (size_t)(name - 1 - key));
            found = vn_analysis_vectors(analysis, modality, name, &vectors, NULL);
        }
        if (found == VN_STATUS_OK) {
            float *values = malloc((vectors.rows + 1) * sizeof *values);
            size_t count = 0;
            for (size_t row = 0; row < vectors.rows; row++) {
                float value = vectors.data[row * vectors.columns];
                if (!isnan(value)) {
                    values[count++] = value;
                }
            }
            qsort(values, count, sizeof *values, by_value);
            median = count == 0 ? NAN : ((double)values[count / 2] + (double)values[(count - 1) / 2]) / 2;
            free(values);
        }
        checks++;
        if (!(fabs(median - number(&expect->items[i], "/value", 0)) <= number(&expect->items[i], "/tolerance", 0))) {
            failures++;
            printf("%s: the median of %s is %g\n", json_text_at(one, "/name"), key, median);
        }
        checks++;
        if (number(&expect->items[i], "/rows", (double)vectors.rows) != (double)vectors.rows) {
            failures++;
            printf("%s: %s has %zu frames\n", json_text_at(one, "/name"), key, vectors.rows);
        }
    }
}

static vn_status analyze(const json *one, char **out, vn_error **error)
{
    const json *input = json_at(one, "/input"), *given = json_at(one, "/options");
    vn_options *options = vn_options_new();
    vn_analysis *analysis = NULL;
    const char *path = words(input, "/path"), *hex = words(input, "/bytes_hex"), *text = words(input, "/text");
    const json *signal = json_at(input, "/signal"), *frames = json_at(input, "/frames");
    bool medium = path != NULL || hex != NULL || signal != NULL || frames != NULL;
    vn_status status = settings(given, input, options, error);
    if (status == VN_STATUS_OK && medium) {
        status = vn_options_set_text(options, text, error);
    }
    if (status != VN_STATUS_OK) {
        /* refused already */
    } else if (path != NULL) {
        status = vn_analyze(path, options, &analysis, error);
    } else if (hex != NULL) {
        size_t count = strlen(hex) / 2;
        uint8_t *bytes = malloc(count + 1);
        for (size_t i = 0; i < count; i++) {
            unsigned byte = 0;
            sscanf(hex + 2 * i, "%2x", &byte);
            bytes[i] = (uint8_t)byte;
        }
        status = vn_analyze_bytes(bytes, count, options, &analysis, error);
        free(bytes);
    } else if (medium) {
        vn_raw_audio audio = { 0 };
        vn_raw_frames raw = { 0 };
        float *sound = signal != NULL ? samples(signal, &audio) : NULL;
        uint8_t *rgb = frames != NULL ? pictures(frames, &raw) : NULL;
        status = vn_analyze_raw(signal != NULL ? &audio : NULL, frames != NULL ? &raw : NULL, options, &analysis, error);
        free(sound);
        free(rgb);
        free((double *)raw.times_s);
    } else {
        status = vn_analyze_text(text, options, &analysis, error);
    }
    if (status == VN_STATUS_OK) {
        *out = strdup(vn_analysis_json(analysis));
        check_vectors(one, analysis, NULL);
    }
    vn_analysis_free(analysis);
    vn_options_free(options);
    return status;
}

typedef vn_status on_samples_fn(const vn_raw_audio *, const char *, vn_features **, vn_error **);

static const struct {
    const char *name;
    on_samples_fn *function;
} FUNCTIONS[] = {
    { "audio.chroma_stft", vn_audio_chroma_stft },
    { "audio.danceability", vn_audio_danceability },
    { "audio.estimate_tuning", vn_audio_estimate_tuning },
    { "audio.key", vn_audio_key },
    { "audio.loudness", vn_audio_loudness },
    { "audio.melspectrogram", vn_audio_melspectrogram },
    { "audio.mfcc", vn_audio_mfcc },
    { "audio.onset_strength", vn_audio_onset_strength },
    { "audio.rms", vn_audio_rms },
    { "audio.spectral_bandwidth", vn_audio_spectral_bandwidth },
    { "audio.spectral_centroid", vn_audio_spectral_centroid },
    { "audio.spectral_contrast", vn_audio_spectral_contrast },
    { "audio.spectral_features", vn_audio_spectral_features },
    { "audio.spectral_flatness", vn_audio_spectral_flatness },
    { "audio.spectral_rolloff", vn_audio_spectral_rolloff },
    { "audio.tempo", vn_audio_tempo },
    { "audio.zero_crossing_rate", vn_audio_zero_crossing_rate },
    { "voice.activity", vn_voice_activity },
    { "voice.diarize", vn_voice_diarize },
    { "voice.harmonicity", vn_voice_harmonicity },
    { "voice.intensity", vn_voice_intensity },
    { "voice.pitch", vn_voice_pitch },
    { "voice.pyin", vn_voice_pyin },
};

/* The options as JSON again: objects, and in them texts, numbers and booleans. Returns how many characters they are. */
static size_t written(const json *options, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "{");
    for (size_t i = 0; options != NULL && i < options->count; i++) {
        const json *value = &options->items[i];
        used += (size_t)snprintf(out + used, size - used, "%s\"%s\": ", i == 0 ? "" : ", ", options->keys[i]);
        if (value->type == JSON_OBJECT) {
            used += written(value, out + used, size - used);
        } else if (value->type == JSON_TEXT) {
            used += (size_t)snprintf(out + used, size - used, "\"%s\"", value->text);
        } else if (value->type == JSON_BOOL) {
            used += (size_t)snprintf(out + used, size - used, value->number != 0 ? "true" : "false");
        } else {
            used += (size_t)snprintf(out + used, size - used, "%.17g", value->number);
        }
    }
    return used + (size_t)snprintf(out + used, size - used, "}");
}

static vn_status on_samples(const json *one, char **out, vn_error **error)
{
    const char *name = json_text_at(one, "/call");
    char settings[1024];
    written(json_at(one, "/options"), settings, sizeof settings);
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
        if (strcmp(name, FUNCTIONS[i].name) == 0) {
            vn_raw_audio sound;
            vn_features *features = NULL;
            float *data = samples(json_at(one, "/input/signal"), &sound);
            vn_status status = FUNCTIONS[i].function(&sound, settings, &features, error);
            free(data);
            if (status == VN_STATUS_OK) {
                *out = strdup(vn_features_json(features));
                check_vectors(one, NULL, features);
            }
            vn_features_free(features);
            return status;
        }
    }
    printf("no such call: %s\n", name);
    return VN_STATUS_INTERNAL;
}

/* A function that runs one of the models that models.py makes. */
static vn_status on_model(const json *one, char **out, vn_error **error)
{
    const char *model = json_text_at(one, "/model"), *text = words(one, "/input/text");
    char options[1024], settings[4096];
    vn_features *features = NULL;
    vn_status status;
    if (text != NULL) {
        /* The texts have nothing to be escaped. */
        snprintf(settings, sizeof settings, "{\"texts\": [\"%s\"], \"model\": \"tests/vectors/models/%s\"}", text, model);
        status = vn_text_embed(settings, NULL, NULL, &features, error);
    } else {
        vn_raw_audio sound;
        float *data = samples(json_at(one, "/input/signal"), &sound);
        written(json_at(one, "/options"), options, sizeof options);
        const char *rest = options[1] == '}' ? "}" : options + 1;
        snprintf(settings, sizeof settings, "{\"model\": \"tests/vectors/models/%s\"%s%s", model, *rest == '}' ? "" : ", ", rest);
        status = vn_text_transcribe_samples(&sound, settings, &features, error);
        free(data);
    }
    vn_vectors vectors = { 0 };
    if (status == VN_STATUS_OK && text != NULL) {
        status = vn_features_vectors(features, "embeddings", &vectors, error);
    }
    if (status == VN_STATUS_OK && text == NULL) {
        *out = strdup(vn_features_json(features));
    } else if (status == VN_STATUS_OK) {
        size_t size = 32 * vectors.columns + 3, used = 1;
        *out = malloc(size);
        strcpy(*out, "[");
        for (size_t i = 0; i < vectors.columns; i++) {
            used += (size_t)snprintf(*out + used, size - used, "%s%.9g", i == 0 ? "" : ", ", (double)vectors.data[i]);
        }
        strcpy(*out + used, "]");
    }
    vn_features_free(features);
    return status;
}

typedef vn_status on_picture_fn(const vn_pixels *, const char *, vn_features **, vn_error **);

static const struct {
    const char *name;
    on_picture_fn *function;
} PICTURE_FUNCTIONS[] = {
    { "vision.average_hash", vn_vision_average_hash },
    { "vision.colorhash", vn_vision_colorhash },
    { "vision.detect_faces", vn_vision_detect_faces },
    { "vision.dhash", vn_vision_dhash },
    { "vision.dhash_vertical", vn_vision_dhash_vertical },
    { "vision.pdq", vn_vision_pdq },
    { "vision.phash", vn_vision_phash },
    { "vision.phash_simple", vn_vision_phash_simple },
    { "vision.read_text", vn_vision_read_text },
    { "vision.whash", vn_vision_whash },
};

typedef vn_status on_file_fn(const char *, const char *, vn_progress_fn, void *, vn_features **, vn_error **);

static const struct {
    const char *name;
    on_file_fn *function;
} FILE_FUNCTIONS[] = {
    { "vision.contact_sheet", vn_vision_contact_sheet },
    { "vision.detect_shots", vn_vision_detect_shots },
    { "vision.fingerprint", vn_vision_fingerprint },
    { "vision.motion_vectors", vn_vision_motion_vectors },
};

/* What a call gave, as text. */
static vn_status given(vn_status status, vn_features *features, char **out)
{
    if (status == VN_STATUS_OK) {
        *out = strdup(vn_features_json(features));
    }
    vn_features_free(features);
    return status;
}

static vn_status on_file(const json *one, char **out, vn_error **error)
{
    char settings[1024];
    written(json_at(one, "/options"), settings, sizeof settings);
    for (size_t i = 0; i < sizeof FILE_FUNCTIONS / sizeof *FILE_FUNCTIONS; i++) {
        if (strcmp(json_text_at(one, "/call"), FILE_FUNCTIONS[i].name) == 0) {
            vn_features *features = NULL;
            const char *path = json_text_at(one, "/input/path");
            vn_status status = FILE_FUNCTIONS[i].function(path, settings, NULL, NULL, &features, error);
            return given(status, features, out);
        }
    }
    printf("no such call: %s\n", json_text_at(one, "/call"));
    return VN_STATUS_INTERNAL;
}

/* The fingerprints of two files, compared. */
static vn_status on_paths(const json *one, char **out, vn_error **error)
{
    vn_features *prints[2] = { NULL, NULL }, *features = NULL;
    vn_status status = VN_STATUS_OK;
    for (size_t i = 0; i < 2 && status == VN_STATUS_OK; i++) {
        const char *path = json_text_at(one, i == 0 ? "/input/paths/0" : "/input/paths/1");
        status = vn_vision_fingerprint(path, NULL, NULL, NULL, &prints[i], error);
    }
    if (status == VN_STATUS_OK) {
        json *a = json_parse(vn_features_json(prints[0])), *b = json_parse(vn_features_json(prints[1]));
        const char *first = json_text_at(a, "/base64"), *second = json_text_at(b, "/base64");
        size_t size = strlen(first) + strlen(second) + 32;
        char *settings = malloc(size);
        snprintf(settings, size, "{\"a\": \"%s\", \"b\": \"%s\"}", first, second);
        status = vn_vision_compare_fingerprints(settings, &features, error);
        free(settings);
        json_free(a);
        json_free(b);
    }
    vn_features_free(prints[0]);
    vn_features_free(prints[1]);
    return given(status, features, out);
}

static vn_status on_picture(const json *one, char **out, vn_error **error)
{
    const char *name = json_text_at(one, "/call");
    char settings[1024];
    written(json_at(one, "/options"), settings, sizeof settings);
    if (strcmp(name, "vision.optical_flow") == 0) {
        vn_raw_frames made;
        vn_features *features = NULL;
        uint8_t *data = pictures(json_at(one, "/input/frames"), &made);
        vn_pixels a = { data, (uint32_t)made.width, (uint32_t)made.height, 3 }, b = a;
        b.data += made.width * made.height * 3;
        vn_status status = vn_vision_optical_flow(&a, &b, settings, &features, error);
        free(data);
        free((double *)made.times_s);
        if (status == VN_STATUS_OK) {
            check_vectors(one, NULL, features);
        }
        return given(status, features, out);
    }
    for (size_t i = 0; i < sizeof PICTURE_FUNCTIONS / sizeof *PICTURE_FUNCTIONS; i++) {
        if (strcmp(name, PICTURE_FUNCTIONS[i].name) == 0) {
            vn_raw_frames made;
            vn_features *features = NULL;
            uint8_t *data = pictures(json_at(one, "/input/frames"), &made);
            vn_pixels picture = { data, (uint32_t)made.width, (uint32_t)made.height, 3 };
            vn_status status = PICTURE_FUNCTIONS[i].function(&picture, settings, &features, error);
            free(data);
            free((double *)made.times_s);
            return given(status, features, out);
        }
    }
    printf("no such call: %s\n", name);
    return VN_STATUS_INTERNAL;
}

static vn_status call(const json *one, char **out, vn_error **error)
{
    const char *name = json_text_at(one, "/call");
    const json *input = json_at(one, "/input");
    if (strcmp(name, "analyze") == 0) {
        return analyze(one, out, error);
    }
    if (words(one, "/model") != NULL) {
        return on_model(one, out, error);
    }
    if (strncmp(name, "vision.", 7) == 0) {
        bool file = words(input, "/path") != NULL;
        return file ? on_file(one, out, error) : json_at(input, "/paths") != NULL ? on_paths(one, out, error) : on_picture(one, out, error);
    }
    if (strncmp(name, "text.", 5) != 0) {
        return on_samples(one, out, error);
    }
    const char *content = json_text_at(input, "/text");
    vn_status status = VN_STATUS_INTERNAL;
    char *text = NULL;
    if (strcmp(name, "text.sentiment") == 0) {
        status = vn_text_sentiment(content, &text, error);
    } else if (strcmp(name, "text.readability") == 0) {
        status = vn_text_readability(content, words(input, "/preset"), &text, error);
    } else if (strcmp(name, "text.sentences") == 0) {
        status = vn_text_sentences(content, words(input, "/language"), &text, error);
    } else if (strcmp(name, "text.language") == 0) {
        status = vn_text_language(content, &text, error);
    } else if (strcmp(name, "text.emotions") == 0) {
        status = vn_text_emotions(content, &text, error);
    } else if (strcmp(name, "text.hook_ab") == 0) {
        status = vn_text_hook_ab(words(input, "/first"), words(input, "/second"), &text, error);
    } else if (strcmp(name, "text.normalise") == 0) {
        status = vn_text_normalise(content, &text, error);
    } else {
        printf("no such call: %s\n", name);
    }
    if (status == VN_STATUS_OK) {
        *out = strdup(text);
    }
    vn_string_free(text);
    return status;
}

static bool equal(const json *a, const json *b)
{
    static const json nothing = { .type = JSON_NULL };
    a = a == NULL ? &nothing : a;
    b = b == NULL ? &nothing : b;
    if (a->type != b->type || a->count != b->count || a->number != b->number) {
        return false;
    }
    if (a->type == JSON_TEXT) {
        return strcmp(a->text, b->text) == 0;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (a->type == JSON_OBJECT && strcmp(a->keys[i], b->keys[i]) != 0) {
            return false;
        }
        if (!equal(&a->items[i], &b->items[i])) {
            return false;
        }
    }
    return true;
}

static bool holds(const json *got, const json *expected)
{
    const json *length = json_at(expected, "/length"), *value = json_at(expected, "/value");
    if (length != NULL) {
        return got != NULL && got->type == JSON_ARRAY && (double)got->count == length->number;
    }
    if (got != NULL && value != NULL && got->type == JSON_NUMBER && value->type == JSON_NUMBER) {
        return fabs(got->number - value->number) <= number(expected, "/tolerance", 0);
    }
    return equal(got, value);
}

static void show(const json *value)
{
    if (value == NULL || value->type == JSON_NULL) {
        printf(value == NULL ? "absent" : "null");
    } else if (value->type == JSON_TEXT) {
        printf("\"%s\"", value->text);
    } else if (value->type == JSON_NUMBER || value->type == JSON_BOOL) {
        printf("%.17g", value->number);
    } else {
        printf("%zu items", value->count);
    }
}

static void check(const json *one)
{
    const char *name = json_text_at(one, "/name"), *code = words(one, "/error");
    char *text = NULL;
    vn_error *error = NULL;
    vn_status status = call(one, &text, &error);
    if (strcmp(vn_error_code(error), code == NULL ? "OK" : code) != 0) {
        printf("%s: %s (%s), expected %s\n", name, vn_error_code(error), vn_error_message(error), code == NULL ? "OK" : code);
        checks++, failures++;
    } else if (status == VN_STATUS_OK) {
        json *result = json_parse(text);
        const json *expect = json_at(one, "/expect");
        for (size_t i = 0; i < expect->count; i++) {
            const json *got = json_at(result, expect->keys[i]);
            checks++;
            if (!holds(got, &expect->items[i])) {
                failures++;
                printf("%s: %s is ", name, expect->keys[i]);
                show(got);
                printf(", expected ");
                show(json_at(&expect->items[i], "/value"));
                printf("\n");
            }
        }
        json_free(result);
    }
    free(text);
    vn_error_free(error);
}

int main(void)
{
    glob_t files;
    size_t count = 0;
    if (system("python3 tests/vectors/models.py") != 0) {
        printf("python3 makes the models of some cases: models.py\n");
        return EXIT_FAILURE;
    }
    if (glob("tests/vectors/*.json", 0, NULL, &files) != 0) {
        printf("tests/vectors is not here\n");
        return EXIT_FAILURE;
    }
    for (size_t f = 0; f < files.gl_pathc; f++) {
        if (strstr(files.gl_pathv[f], "texts.json") != NULL) {
            continue; /* what make.py is fed with */
        }
        size_t size;
        char *text = read_file(files.gl_pathv[f], &size);
        json *document = json_parse(text);
        const json *cases = json_at(document, "/cases");
        for (size_t i = 0; i < cases->count; i++, count++) {
            check(&cases->items[i]);
        }
        json_free(document);
        free(text);
    }
    globfree(&files);
    CHECK(count >= 200);
    printf("vectors: c %zu\n", count);
    return report("vectors");
}
