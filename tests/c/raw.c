/* Samples and frames of the host, against closed form. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include "json.h"

enum { RATE = 48000, SECONDS = 4 };

static const double PI = 3.14159265358979323846;

/* A sine of 997 Hz at half of full scale, the same in all channels. */
static float *sine(unsigned channels)
{
    float *samples = malloc(sizeof *samples * RATE * SECONDS * channels);
    for (size_t n = 0; n < RATE * SECONDS; n++) {
        for (size_t c = 0; c < channels; c++) {
            samples[n * channels + c] = (float)(0.5 * sin(2 * PI * 997 * (double)n / RATE));
        }
    }
    return samples;
}

/* ITU-R BS.1770: a sine of 997 Hz at 0 dBFS in one channel is -3.01 LUFS; a second channel adds 3.01. */
static void loudness(unsigned channels, double expected)
{
    float *samples = sine(channels);
    vn_raw_audio audio = { samples, RATE * SECONDS * channels, RATE, (uint16_t)channels };
    vn_analysis *analysis = NULL;
    CHECK_OK(vn_analyze_raw(&audio, NULL, NULL, &analysis, &error));
    free(samples); /* they were copied */
    json *payload = json_parse(vn_analysis_json(analysis));
    const char *loudness = "/modalities/audio/summary/loudness";
    const json *summary = json_at(payload, loudness);
    CHECK_NEAR(json_number_at(summary, "/integrated_lufs"), expected, 0.1);
    CHECK_NEAR(json_number_at(summary, "/momentary_max_lufs"), expected, 0.1);
    CHECK_NEAR(json_number_at(summary, "/true_peak_dbtp"), 20 * log10(0.5), 0.2);
    CHECK_NEAR(json_number_at(payload, "/media/duration_s"), SECONDS, 1e-3);
    CHECK(json_number_at(payload, "/media/channels") == channels);
    CHECK(strcmp(json_text_at(payload, "/media/kind"), "audio") == 0 && strlen(vn_analysis_asset_id(analysis)) == 32);
    CHECK(strcmp(json_text_at(payload, "/modalities/vision/status"), "unavailable") == 0);

    /* The frame-level features: librosa's 20 coefficients, frames 512 samples of 16 kHz apart. */
    vn_vectors mfcc;
    CHECK_OK(vn_analysis_vectors(analysis, "audio", "mfcc", &mfcc, &error));
    CHECK(mfcc.columns == 20 && mfcc.rows >= 125 && mfcc.rows <= 127);
    CHECK(strcmp(mfcc.modality, "audio") == 0 && strcmp(mfcc.name, "mfcc") == 0 && strlen(mfcc.unit) > 0);
    for (size_t i = 0; i + 1 < mfcc.rows; i++) {
        CHECK_NEAR(mfcc.times_s[i + 1] - mfcc.times_s[i], 512.0 / 16000, 1e-9);
    }
    for (size_t i = 0; i < mfcc.rows * mfcc.columns; i++) {
        CHECK(isfinite(mfcc.data[i]));
    }
    /* By index they are the same. */
    bool same = false;
    for (size_t i = 0; i < vn_analysis_vectors_count(analysis); i++) {
        vn_vectors at;
        CHECK_OK(vn_analysis_vectors_at(analysis, i, &at, &error));
        same = same || at.data == mfcc.data;
    }
    CHECK(same);
    vn_vectors none;
    CHECK_STATUS(vn_analysis_vectors_at(analysis, vn_analysis_vectors_count(analysis), &none, &error), VN_STATUS_INVALID_INPUT);
    json_free(payload);
    vn_analysis_free(analysis);

    /* Or they are left out. */
    vn_options *options = vn_options_new();
    CHECK_OK(vn_options_set_keep_vectors(options, false, &error));
    samples = sine(channels);
    audio.samples = samples;
    CHECK_OK(vn_analyze_raw(&audio, NULL, options, &analysis, &error));
    CHECK(vn_analysis_vectors_count(analysis) == 0 && strstr(vn_analysis_json(analysis), "integrated_lufs") != NULL);
    free(samples);
    vn_options_free(options);
    vn_analysis_free(analysis);
}

/* Two shots of plain colours, 25 frames a second: one cut, at the first frame of the second shot. */
static void frames(void)
{
    enum { WIDTH = 160, HEIGHT = 120, FRAMES = 50, CUT = 30 };
    uint8_t *rgb = malloc((size_t)FRAMES * WIDTH * HEIGHT * 3);
    double times_s[FRAMES];
    for (size_t k = 0; k < FRAMES; k++) {
        times_s[k] = (double)k / 25;
        for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * 3; i++) {
            static const uint8_t colours[2][3] = { { 200, 40, 40 }, { 40, 180, 60 } };
            rgb[k * WIDTH * HEIGHT * 3 + i] = colours[k >= CUT][i % 3];
        }
    }
    vn_raw_frames pictures = { rgb, FRAMES, WIDTH, HEIGHT, times_s };
    vn_analysis *analysis = NULL;
    CHECK_OK(vn_analyze_raw(NULL, &pictures, NULL, &analysis, &error));
    json *payload = json_parse(vn_analysis_json(analysis));
    const json *shots = json_at(payload, "/modalities/vision/summary/shots");
    CHECK(shots != NULL && shots->count == 2);
    CHECK_NEAR(json_number_at(shots, "/1/start_s"), CUT / 25.0, 1e-9);
    CHECK(json_number_at(payload, "/media/width") == WIDTH && json_number_at(payload, "/media/height") == HEIGHT);
    CHECK(json_number_at(payload, "/media/frames") == FRAMES);
    json_free(payload);
    vn_analysis_free(analysis);

    /* What does not fit is refused. */
    pictures.frames_count = SIZE_MAX / 2;
    CHECK_REFUSED(vn_analyze_raw(NULL, &pictures, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT, "frames");
    pictures.frames_count = FRAMES;
    pictures.times_s = NULL;
    CHECK_REFUSED(vn_analyze_raw(NULL, &pictures, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT, "frames.times_s");
    times_s[7] = times_s[6];
    pictures.times_s = times_s;
    CHECK_STATUS(vn_analyze_raw(NULL, &pictures, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT);
    CHECK(analysis == NULL);
    free(rgb);
}

static void refused(void)
{
    float samples[4800] = { 0 };
    vn_analysis *analysis = NULL;
    vn_raw_audio audio = { NULL, 4800, RATE, 1 };
    CHECK_REFUSED(vn_analyze_raw(&audio, NULL, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT, "audio.samples");
    audio.samples = samples;
    audio.channels = 0;
    CHECK_STATUS(vn_analyze_raw(&audio, NULL, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT);
    audio.channels = 7; /* 4800 is no multiple of it */
    CHECK_STATUS(vn_analyze_raw(&audio, NULL, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT);
    audio.channels = 1;
    samples[100] = (float)NAN;
    CHECK_STATUS(vn_analyze_raw(&audio, NULL, NULL, &analysis, &error), VN_STATUS_INVALID_INPUT);
    CHECK(analysis == NULL);
}

/* Sound that comes in pieces has the features of the whole. */
static void live(void)
{
    float *samples = sine(2);
    size_t count = (size_t)RATE * SECONDS * 2;
    vn_raw_audio audio = { samples, count, RATE, 2 };
    vn_analysis *whole = NULL, *pieces = NULL;
    CHECK_OK(vn_analyze_raw(&audio, NULL, NULL, &whole, &error));
    vn_live *live = NULL;
    CHECK_OK(vn_live_new(RATE, 2, NULL, &live, &error));
    for (size_t at = 0; at < count; at += 960) {
        bool listening = false;
        CHECK_OK(vn_live_push(live, samples + at, count - at < 960 ? count - at : 960, &listening, &error));
        CHECK(listening);
    }
    CHECK_STATUS(vn_live_push(live, samples, 3, NULL, &error), VN_STATUS_INVALID_INPUT);
    CHECK_OK(vn_live_finish(live, &pieces, &error));
    CHECK_REFUSED(vn_live_push(live, samples, 2, NULL, &error), VN_STATUS_INVALID_INPUT, "over");
    vn_vectors a, b;
    CHECK_OK(vn_analysis_vectors(whole, "audio", "mfcc", &a, &error));
    CHECK_OK(vn_analysis_vectors(pieces, "audio", "mfcc", &b, &error));
    CHECK(a.rows == b.rows && memcmp(a.data, b.data, a.rows * a.columns * sizeof *a.data) == 0);
    vn_analysis_free(whole);
    vn_analysis_free(pieces);
    vn_live_free(live);
    /* One that is not finished is cancelled. */
    CHECK_OK(vn_live_new(RATE, 2, NULL, &live, &error));
    CHECK_OK(vn_live_push(live, samples, 960, NULL, &error));
    vn_live_free(live);
    CHECK_STATUS(vn_live_new(0, 2, NULL, &live, &error), VN_STATUS_INVALID_INPUT);
    CHECK(live == NULL);
    free(samples);
}

/* A meter of sound that comes in pieces: ITU-R BS.1770-4 gives a full-scale sine of 997 Hz on one channel -3.01 LUFS. */
static void stream(void)
{
    float *samples = sine(1);
    vn_sound_stream *meter = NULL;
    vn_features *now = NULL;
    CHECK_OK(vn_sound_stream_new("audio.loudness", RATE, 1, NULL, &meter, &error));
    for (size_t at = 0; at + 480 <= (size_t)RATE * SECONDS; at += 480) {
        CHECK_OK(vn_sound_stream_push(meter, samples + at, 480, &error));
    }
    CHECK_OK(vn_sound_stream_now(meter, &now, &error));
    CHECK(strstr(vn_features_json(now), "momentary_lufs") != NULL);
    vn_features_free(now);
    samples[0] = (float)NAN;
    CHECK_STATUS(vn_sound_stream_push(meter, samples, 1, &error), VN_STATUS_INVALID_INPUT);
    samples[0] = 0.0f;
    vn_raw_audio sound = { samples, (size_t)RATE * SECONDS, RATE, 1 };
    vn_features *whole = NULL, *pieces = NULL;
    CHECK_OK(vn_audio_loudness(&sound, NULL, &whole, &error));
    CHECK_OK(vn_sound_stream_finish(meter, &pieces, &error));
    CHECK(strcmp(vn_features_json(whole), vn_features_json(pieces)) == 0);
    CHECK_REFUSED(vn_sound_stream_push(meter, samples, 1, &error), VN_STATUS_INVALID_INPUT, "finished");
    vn_features_free(whole);
    vn_features_free(pieces);
    vn_sound_stream_free(meter);
    CHECK_REFUSED(vn_sound_stream_new("audio.mfcc", RATE, 1, NULL, &meter, &error), VN_STATUS_NOT_FOUND, "audio.loudness");
    CHECK(meter == NULL);
    free(samples);
}

/* Functions on samples, against closed form. */
static void functions(void)
{
    float *samples = sine(1);
    vn_raw_audio sound = { samples, RATE * SECONDS, RATE, 1 };
    vn_features *features = NULL;
    vn_vectors vectors;
    CHECK_OK(vn_audio_mfcc(&sound, "{\"n_mfcc\": 13}", &features, &error));
    CHECK_OK(vn_features_vectors(features, "mfcc", &vectors, &error));
    CHECK(vectors.columns == 13 && vectors.rows == 1 + RATE * SECONDS / 512 && vn_features_vectors_count(features) == 1);
    CHECK_REFUSED(vn_features_vectors(features, "mffc", &vectors, &error), VN_STATUS_NOT_FOUND, "mfcc");
    vn_features_free(features);
    CHECK_OK(vn_audio_spectral_centroid(&sound, NULL, &features, &error));
    CHECK_OK(vn_features_vectors(features, NULL, &vectors, &error));
    CHECK_NEAR(vectors.data[vectors.rows / 2], 997, 3);
    vn_features_free(features);
    CHECK_OK(vn_audio_loudness(&sound, NULL, &features, &error));
    json *loudness = json_parse(vn_features_json(features));
    CHECK_NEAR(json_number_at(loudness, "/integrated_lufs"), -3.01 - 6.02, 0.02);
    json_free(loudness);
    vn_features_free(features);
    CHECK_OK(vn_voice_diarize(&sound, NULL, &features, &error));
    vn_features_free(features);
    /* Praat's range ends at 600 Hz; pYIN's reaches the tone of 997 Hz, within half a bin of a tenth of a semitone. */
    CHECK_OK(vn_voice_pitch(&sound, "{\"method\": \"pyin\"}", &features, &error));
    CHECK_OK(vn_features_vectors(features, "f0_hz", &vectors, &error));
    CHECK(vectors.columns == 1 && vn_features_vectors_count(features) == 3);
    CHECK_NEAR(vectors.data[vectors.rows / 2], 997, 6);
    vn_features_free(features);
    CHECK_OK(vn_voice_intensity(&sound, NULL, &features, &error));
    CHECK_OK(vn_features_vectors(features, NULL, &vectors, &error));
    CHECK_NEAR(vectors.data[vectors.rows / 2], -3.01 - 6.02, 0.02);
    vn_features_free(features);
    CHECK_OK(vn_audio_load("examples/media/demo.mp4", "{\"duration\": 2}", &features, &error));
    CHECK_OK(vn_features_vectors(features, "samples", &vectors, &error));
    CHECK(vectors.rows == 44100 && vectors.columns == 1);
    vn_features_free(features);
    CHECK_REFUSED(vn_audio_load("none.wav", NULL, &features, &error), VN_STATUS_NOT_FOUND, "none.wav");
    CHECK_REFUSED(vn_voice_pitch(&sound, "{\"method\": \"best\"}", &features, &error), VN_STATUS_INVALID_CONFIG, "best");
    CHECK_REFUSED(vn_audio_mfcc(&sound, "{\"n_mfc\": 13}", &features, &error), VN_STATUS_INVALID_CONFIG, "n_mfc");
    CHECK_STATUS(vn_audio_mfcc(&sound, "[", &features, &error), VN_STATUS_INVALID_CONFIG);
    CHECK_STATUS(vn_audio_mfcc(NULL, NULL, &features, &error), VN_STATUS_INVALID_INPUT);
    CHECK(features == NULL);
    free(samples);
}

/* A tune of notes that an arithmetic chooses. */
static float *tune(uint32_t seed, size_t count)
{
    float *samples = malloc(sizeof *samples * count);
    double hz = 0, phase = 0;
    for (size_t n = 0; n < count; n++) {
        if (n % 2000 == 0) {
            seed = seed * 1664525u + 1013904223u;
            hz = 220 * pow(2, (double)((seed >> 16) % 30) / 12);
        }
        phase += 2 * PI * hz / 16000;
        samples[n] = (float)(0.4 * sin(phase));
    }
    return samples;
}

/* The fingerprint's text, to be freed. */
static char *print_of(const float *samples, size_t count)
{
    vn_raw_audio sound = { samples, count, 16000, 1 };
    vn_features *features = NULL;
    CHECK_OK(vn_audio_fingerprint(&sound, NULL, &features, &error));
    json *value = json_parse(vn_features_json(features));
    char *text = strdup(json_text_at(value, "/base64"));
    json_free(value);
    vn_features_free(features);
    return text;
}

/* An index of three tunes is kept, read back, and finds the one that an excerpt is of, and where. */
static void sound_index(void)
{
    enum { LENGTH = 160000 };
    float *tunes[3];
    vn_sound_index *index = vn_sound_index_new();
    CHECK(index != NULL && vn_sound_index_count(index) == 0);
    CHECK_STATUS(vn_sound_index_add(index, "x", "no fingerprint", &error), VN_STATUS_DECODE_FAILED);
    for (uint32_t k = 0; k < 3; k++) {
        char name[2] = { (char)('a' + k), 0 };
        tunes[k] = tune(7 + k, LENGTH);
        char *print = print_of(tunes[k], LENGTH);
        CHECK_OK(vn_sound_index_add(index, name, print, &error));
        free(print);
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/sounds.index", getenv("VN_TEST_FOLDER"));
    CHECK_OK(vn_sound_index_save(index, path, &error));
    vn_sound_index_free(index);
    CHECK_OK(vn_sound_index_load(path, &index, &error));
    CHECK(vn_sound_index_count(index) == 3);
    char *print = print_of(tunes[1] + 32000, 80000), *found = NULL;
    CHECK_OK(vn_sound_index_query_json(index, print, 10, &found, &error));
    json *matches = json_parse(found);
    CHECK(strcmp(json_text_at(matches, "/0/id"), "b") == 0);
    CHECK_NEAR(json_number_at(matches, "/0/offset_s"), 2, 0.1);
    json_free(matches);
    vn_string_free(found);
    bool removed = false;
    CHECK_OK(vn_sound_index_remove(index, "b", &removed, &error));
    CHECK(removed && vn_sound_index_count(index) == 2);
    CHECK_OK(vn_sound_index_query_json(index, print, 10, &found, &error));
    CHECK(strcmp(found, "[]") == 0);
    vn_string_free(found);
    free(print);
    vn_sound_index_free(index);
    CHECK_STATUS(vn_sound_index_load("no/such.index", &index, &error), VN_STATUS_NOT_FOUND);
    CHECK(index == NULL);
    for (size_t k = 0; k < 3; k++) {
        free(tunes[k]);
    }
}

int main(void)
{
    functions();
    sound_index();
    live();
    stream();
    loudness(1, -3.01 - 6.02);
    loudness(2, -6.02);
    frames();
    refused();
    return report("raw");
}
