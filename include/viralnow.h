/**
 * @file viralnow.h
 * ViralNow: short-form posts in, typed features and an explained score out.
 *
 * Generated from viralnow-ffi by cbindgen; not to be edited. C++ programs use viralnow.hpp, which wraps it.
 *
 * @code
 *     vn_analysis *analysis = NULL;
 *     vn_error *error = NULL;
 *     if (vn_analyze("clip.mp4", NULL, &analysis, &error) != VN_STATUS_OK) {
 *         fprintf(stderr, "%s: %s\n", vn_error_code(error), vn_error_message(error));
 *     } else {
 *         puts(vn_analysis_json(analysis));
 *     }
 *     vn_error_free(error);
 *     vn_analysis_free(analysis);
 * @endcode
 *
 * Errors. A function that can fail returns a `vn_status` and takes, last, a `vn_error **err`, which may be NULL. On failure
 * `*err` is a new error, which the caller frees; on success it is NULL. Results go through `out` parameters, which are set
 * to NULL (or zeros) when the call fails. What was in `*err` and `*out` before is overwritten, not freed. Accessors cannot
 * fail: for a NULL handle they give zero or NULL. Nothing is printed, and no panic leaves the library: a defect of it is
 * `VN_STATUS_INTERNAL`, and is the only thing of which a line may appear on stderr.
 *
 * Ownership. A handle that a function gives through `out` or by a `_new` function is freed by the `_free` function of its
 * type, once; `_free` of NULL does nothing. A text that is given through a `char **out` is freed by `vn_string_free`. A
 * `const char *` that is returned belongs to its handle and is valid until that is freed. All parameters are copied where
 * they are kept, but for callbacks and their `user_data`.
 *
 * Text is UTF-8 and ends with NUL, paths too. Times are seconds from the start of the presentation timeline.
 *
 * Threads. Every function may be called from any thread. A handle may be read from many threads at once through pointers to
 * const; functions that take a handle without const (the setters of `vn_options`, the `_free` functions) need it for
 * themselves. There are no global settings. No thread runs outside of a call but that of a `vn_monitor`, which runs from the
 * first thing that is recorded until `vn_monitor_close`, and that of a `vn_live`: it runs from
 * `vn_live_new` until `vn_live_finish` or `vn_live_free` returns, and the callbacks of its options are called on it. Their
 * `user_data` must live until then, and until `vn_live_free` where there was no `vn_live_finish`.
 */


#ifndef VIRALNOW_H
#define VIRALNOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header; `vn_version` gives that of the library that runs. */
#define VN_VERSION "0.1.0"
#define VN_VERSION_MAJOR 0
#define VN_VERSION_MINOR 1
#define VN_VERSION_PATCH 0

/**
 * `vn_extractor.wants`: sound, through `audio`.
 */
#define VN_WANTS_AUDIO 1

/**
 * `vn_extractor.wants`: the 2 to 4 frames a second that the sampler picks, through `frame`.
 */
#define VN_WANTS_SAMPLED_FRAMES 2

/**
 * `vn_extractor.wants`: every frame, through `frame`. Each is turned into RGB at full size, which costs about as much as
 * decoding it.
 */
#define VN_WANTS_EVERY_FRAME 4

/**
 * `vn_extractor.wants`: captions, through `cue`.
 */
#define VN_WANTS_CUES 8

/**
 * `vn_monitor_callsite`: duration and outcome.
 */
#define VN_CAPTURE_TIME 0

/**
 * `vn_monitor_callsite`: the thread's processor time too, about 0.5 us a span.
 */
#define VN_CAPTURE_CPU 1

/**
 * `vn_monitor_callsite`: an event `function.started` for every span, where somebody subscribed to it.
 */
#define VN_CAPTURE_STARTED 2

/**
 * What became of a call: `VN_STATUS_OK`, or what went wrong. The numbers never change and are never reused; newer versions
 * of the library may give numbers that are not in this list.
 */
enum vn_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It did what it should.
     */
    VN_STATUS_OK = 0,
    /**
     * An argument is wrong: NULL, text that is not UTF-8, NaN samples, a shape that does not fit.
     */
    VN_STATUS_INVALID_INPUT = 1,
    /**
     * A setting is wrong: an unknown preset or limit.
     */
    VN_STATUS_INVALID_CONFIG = 2,
    /**
     * The file, asset or row is not there.
     */
    VN_STATUS_NOT_FOUND = 3,
    /**
     * The operating system, or a platform, refuses access.
     */
    VN_STATUS_PERMISSION_DENIED = 4,
    /**
     * The container, codec or encoding is not one that this build reads.
     */
    VN_STATUS_UNSUPPORTED_FORMAT = 5,
    /**
     * A feature that is not built, or a model file that is not there, is needed for this call.
     */
    VN_STATUS_UNAVAILABLE = 6,
    /**
     * The data is damaged beyond a partial result.
     */
    VN_STATUS_DECODE_FAILED = 7,
    /**
     * The input costs more than the limits allow.
     */
    VN_STATUS_LIMIT_EXCEEDED = 8,
    /**
     * The time allowed for the call is over.
     */
    VN_STATUS_TIMEOUT = 9,
    /**
     * The host asked to stop.
     */
    VN_STATUS_CANCELLED = 10,
    /**
     * Reading or writing failed for a reason of the system.
     */
    VN_STATUS_IO = 11,
    /**
     * The store refused or lost something.
     */
    VN_STATUS_STORAGE = 12,
    /**
     * The store is held by another process for longer than we waited.
     */
    VN_STATUS_STORAGE_BUSY = 13,
    /**
     * The store was written by a newer version, or its schema is not ours.
     */
    VN_STATUS_SCHEMA_MISMATCH = 14,
    /**
     * An extractor or callback of the host failed.
     */
    VN_STATUS_HOST_FAILED = 15,
    /**
     * A defect of this library. Please report it.
     */
    VN_STATUS_INTERNAL = 16,
    /**
     * A platform's rate limit is reached; the fact `resets_at` says when to come again, where the platform does.
     */
    VN_STATUS_RATE_LIMITED = 17,
    /**
     * A platform's quota is used up; the fact `resets_at` says when it begins anew.
     */
    VN_STATUS_QUOTA_EXCEEDED = 18,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum vn_status vn_status;
#else
typedef int32_t vn_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whether everything that the asset has was analysed. Newer versions of the library may add to this list.
 */
enum vn_asset_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * There is no analysis: the handle was NULL.
     */
    VN_ASSET_STATUS_NONE = 0,
    /**
     * Everything was analysed.
     */
    VN_ASSET_STATUS_COMPLETE = 1,
    /**
     * A modality that the asset has failed, or was cut short; the payload says which and why.
     */
    VN_ASSET_STATUS_PARTIAL = 2,
    /**
     * Nothing could be analysed; the payload says why.
     */
    VN_ASSET_STATUS_FAILED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum vn_asset_status vn_asset_status;
#else
typedef int32_t vn_asset_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a span ended; given as a number, of which those that are not here count as failed.
 */
typedef enum {
    /**
     * It did what it should.
     */
    VN_OUTCOME_COMPLETED = 0,
    /**
     * It failed.
     */
    VN_OUTCOME_FAILED = 1,
    /**
     * It was cancelled.
     */
    VN_OUTCOME_CANCELLED = 2,
} vn_outcome;

/**
 * The result of one call. It never changes; any number of threads may read it at once.
 */
typedef struct vn_analysis vn_analysis;

/**
 * The results of `vn_analyze_many`. It never changes; any number of threads may read it at once.
 */
typedef struct vn_batch vn_batch;

/**
 * Stops calls from another thread.
 */
typedef struct vn_cancel_token vn_cancel_token;

/**
 * What went wrong: a status, a message for people, and facts for machines.
 */
typedef struct vn_error vn_error;

/**
 * The result of a function: plain data, arrays over time (or over the rows of a picture), a file's bytes. It never changes; any number of threads may
 * read it at once.
 */
typedef struct vn_features vn_features;

/**
 * Work in weighted steps.
 */
typedef struct vn_job vn_job;

/**
 * An analysis of sound that is still to come. One thread at a time may use it; the analysis and the callbacks of its options
 * run on a thread of their own, which ends with `vn_live_finish` or `vn_live_free`.
 */
typedef struct vn_live vn_live;

/**
 * Keeps every span, event and progress report of the calls that it watches, for tests and small tools.
 */
typedef struct vn_memory_monitor vn_memory_monitor;

/**
 * A monitoring system: what is recorded never makes the caller wait, and is handed to a thread of the monitor, which
 * starts with the first thing that is recorded and runs until `vn_monitor_close`.
 */
typedef struct vn_monitor vn_monitor;

/**
 * Settings of calls. One handle may serve any number of calls, also at the same time, as long as nobody changes it
 * meanwhile.
 */
typedef struct vn_options vn_options;

/**
 * Which of many sounds is heard in a clip, and where. Many threads may ask it at once; changes need it for themselves.
 */
typedef struct vn_sound_index vn_sound_index;

/**
 * A function on sound that is still to come. One thread at a time may use it.
 */
typedef struct vn_sound_stream vn_sound_stream;

/**
 * A store of payloads. Any number of threads, and of processes on the same file, may use it at once.
 */
typedef struct vn_store vn_store;

/**
 * A listener of `vn_monitor_subscribe`.
 */
typedef struct vn_subscription vn_subscription;

/**
 * How far a call is. Valid during the callback only.
 */
typedef struct {
    /**
     * The share that is done, in [0, 1]; never goes back.
     */
    double fraction;
    /**
     * The stage that is going on, such as `"decode"`; `"done"` at the end.
     */
    const char *stage;
    /**
     * Seconds since the start.
     */
    double elapsed_s;
    /**
     * Seconds that remain at the present pace; negative as long as it cannot be told.
     */
    double eta_s;
    /**
     * Assets finished.
     */
    size_t items_done;
    /**
     * Assets in all; 1 outside of a batch.
     */
    size_t items_total;
} vn_progress;

/**
 * Told how far a call is, at most 20 times a second, on the thread that made the call, and for a `vn_live` on a thread of its
 * own; gives true to go on and false to stop, and then the call (of a `vn_live`, `vn_live_finish`) returns
 * `VN_STATUS_CANCELLED`. A batch is one call.
 */
typedef bool (*vn_progress_fn)(const vn_progress *progress, void *user_data);

/**
 * A modality of the host. For each asset `create` makes an instance, the other functions are called with it, and `destroy`
 * ends it: `begin`, then `audio`, `frame` and `cue` in presentation order, then `finish`; after a failure only `destroy`.
 *
 * One instance is used by one thread at a time, but not always by the same; in a batch several instances live at once, and
 * `create` may be called from several threads. What the functions are given is valid during the call only. No C++ exception
 * may leave them.
 *
 * They give NULL when all is well, and otherwise a text that says what failed, which is copied at once: the asset's modality
 * is then `failed` with the code `HOST_FAILED`, and the other modalities go on. A function that is not needed is NULL.
 */
typedef struct {
    /**
     * `sizeof(vn_extractor)`, by which newer libraries know older programs.
     */
    size_t struct_size;
    /**
     * The modality's name in the payload: 1 to 64 lower-case letters, digits and `_`, none of the built-in ones; checked by
     * the call. Copied.
     */
    const char *modality;
    /**
     * The version of the method, which stands beside its features. With an extractor of the host every call computes, whatever
     * is stored. Copied.
     */
    const char *version;
    /**
     * What is to be delivered: `VN_WANTS_AUDIO` and the others, joined by `|`.
     */
    uint32_t wants;
    /**
     * Handed to `create`.
     */
    void *user_data;
    /**
     * Makes the instance for one asset; NULL is a failure. Must be there.
     */
    void *(*create)(void *user_data);
    /**
     * Called once, before anything else, with the facts of the file as JSON: the `media` of the payload as far as it is
     * known.
     */
    const char *(*begin)(void *instance, const char *info_json);
    /**
     * Sound: the mean of the channels at 16 kHz. Blocks join without gap or overlap; `start_s` is the presentation time of
     * the first sample.
     */
    const char *(*audio)(void *instance, const float *mono16k, size_t count, double start_s);
    /**
     * A picture, upright, at full size: packed red, green, blue; row `r` starts at `rgb + r * stride`. In preset `balanced` a
     * large H.264 picture that no other refers to is not deblocked.
     */
    const char *(*frame)(void *instance,
                         const uint8_t *rgb,
                         size_t width,
                         size_t height,
                         size_t stride,
                         double time_s);
    /**
     * A caption.
     */
    const char *(*cue)(void *instance, double start_s, double end_s, const char *text);
    /**
     * The end. `shared_json` is what the shared analysis knows: `duration_s`, `audio_start_s`, `audio_s`, `speech` (stretches
     * of speech as [start, end] in seconds), `frames_decoded`, `frames_sampled`. The function points `summary_json` to the
     * modality's summary, a JSON object; it is copied at once. Must be there.
     */
    const char *(*finish)(void *instance, const char *shared_json, const char **summary_json);
    /**
     * Ends an instance.
     */
    void (*destroy)(void *instance);
} vn_extractor;

/**
 * Frame-level features: `rows` moments of `columns` values each. Everything is owned by the analysis and valid until that
 * is freed.
 */
typedef struct {
    /**
     * The modality, such as `"audio"`.
     */
    const char *modality;
    /**
     * The name, such as `"mfcc"`.
     */
    const char *name;
    /**
     * The unit of the values, such as `"Hz"`, `"dB"` or `"1"`.
     */
    const char *unit;
    /**
     * Moments.
     */
    size_t rows;
    /**
     * Values per moment.
     */
    size_t columns;
    /**
     * The values, row by row: value `c` of moment `r` is `data[r * columns + c]`; NaN marks an undefined one.
     */
    const float *data;
    /**
     * Presentation time of each row's centre, in seconds: `rows` of them; NULL where there are none, as of samples.
     */
    const double *times_s;
} vn_vectors;

/**
 * Sound that the host has decoded: interleaved samples, nominally in [-1, 1].
 */
typedef struct {
    /**
     * The samples of all channels, interleaved.
     */
    const float *samples;
    /**
     * Samples at `samples`, of all channels together; a whole multiple of `channels`.
     */
    size_t samples_count;
    /**
     * Samples per second and channel; 1,000 to 768,000.
     */
    uint32_t sample_rate;
    /**
     * Channels; at least 1.
     */
    uint16_t channels;
} vn_raw_audio;

/**
 * Pictures that the host has decoded, all of one size: packed red, green, blue, row after row, frame after frame.
 */
typedef struct {
    /**
     * `frames_count * width * height * 3` bytes.
     */
    const uint8_t *rgb;
    /**
     * Pictures at `rgb`, and times at `times_s`.
     */
    size_t frames_count;
    /**
     * Columns.
     */
    size_t width;
    /**
     * Rows.
     */
    size_t height;
    /**
     * Presentation time of each picture, in seconds, rising.
     */
    const double *times_s;
} vn_raw_frames;

/**
 * One asset of a batch: a path, bytes, or text alone. Unused members are NULL.
 */
typedef struct {
    /**
     * A local file.
     */
    const char *path;
    /**
     * The content of a file, instead of its path.
     */
    const uint8_t *bytes;
    /**
     * Bytes at `bytes`.
     */
    size_t bytes_count;
    /**
     * Text written with the asset, or the asset itself when there is neither path nor bytes.
     */
    const char *text;
    /**
     * A caption file (`.srt` or `.vtt`) that goes with it.
     */
    const char *captions_path;
} vn_source;

/**
 * A span that was begun and not ended; plain data, which may go to another thread.
 */
typedef struct {
    /**
     * Its number: the `parent` of spans inside it.
     */
    uint64_t span;
    /**
     * The span around it; 0 for none.
     */
    uint64_t parent;
    /**
     * When it began; not to be changed.
     */
    uint64_t start;
    /**
     * The processor time at its start; not to be changed.
     */
    uint64_t cpu;
    /**
     * The place.
     */
    uint32_t site;
    /**
     * What its end has to do; 0 is nothing.
     */
    uint32_t mode;
} vn_span;

/**
 * Called with an event as a JSON object: `seq`, `ts_us` (microseconds since 1970), `topic`, `correlation_id`, `span`,
 * `data`. On the monitor's thread, valid during the call only; it must be quick, and no C++ exception may leave it.
 */
typedef void (*vn_event_fn)(const char *event_json, void *user_data);

/**
 * How far a job is. Valid during the callback only.
 */
typedef struct {
    /**
     * The share that is done, in [0, 1]; never goes back.
     */
    double fraction;
    /**
     * The step that was worked on last; empty before the first.
     */
    const char *step;
    /**
     * The share of that step.
     */
    double step_fraction;
    /**
     * Seconds since the start.
     */
    double elapsed_s;
    /**
     * Seconds that remain; negative as long as it cannot be told.
     */
    double eta_s;
} vn_job_progress;

/**
 * Told how far a job is, at most ten times a second, on the thread that works on it.
 */
typedef void (*vn_job_fn)(const vn_job_progress *progress, void *user_data);

/**
 * A picture of the host: 8-bit samples, row after row without gaps.
 */
typedef struct {
    /**
     * `width * height * channels` samples.
     */
    const uint8_t *data;
    /**
     * Columns.
     */
    uint32_t width;
    /**
     * Rows.
     */
    uint32_t height;
    /**
     * 1 for gray, 3 for RGB, 4 for RGBA, whose transparency is left out.
     */
    uint8_t channels;
} vn_pixels;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The status of an error, the number that the call returned; `VN_STATUS_OK` for NULL.
 */
vn_status vn_error_status(const vn_error *error);

/**
 * The stable code of an error, the same in every language, such as `"NOT_FOUND"`; `"OK"` for NULL. Owned by the error.
 */
const char *vn_error_code(const vn_error *error);

/**
 * The message: what thing, what to do about it, and the facts. Empty for NULL. Owned by the error.
 */
const char *vn_error_message(const vn_error *error);

/**
 * Whether the same call may succeed when it is simply tried again; false for NULL.
 */
bool vn_error_retryable(const vn_error *error);

/**
 * How many facts the error carries, such as the path or the stream; 0 for NULL.
 */
size_t vn_error_context_count(const vn_error *error);

/**
 * The name of a fact, such as `"path"`; NULL when there is none of this index. Owned by the error.
 */
const char *vn_error_context_key(const vn_error *error, size_t index);

/**
 * The value of a fact; NULL when there is none of this index. Owned by the error.
 */
const char *vn_error_context_value(const vn_error *error, size_t index);

/**
 * Frees an error. NULL is ignored.
 */
void vn_error_free(vn_error *error);

/**
 * The stable code of a status number, such as `"NOT_FOUND"` for 3; `"OK"` for 0, NULL for a number that is not a status.
 * Static, never freed.
 */
const char *vn_status_code(int32_t status);

/**
 * Frees a text that a function of this library gave through a `char **out`. NULL is ignored.
 */
void vn_string_free(char *text);

/**
 * A new token, to be given to `vn_options_set_cancel_token`. Freed with `vn_cancel_token_free`; that may be done while a
 * call still uses it.
 */
vn_cancel_token *vn_cancel_token_new(void);

/**
 * Asks every call that holds this token to stop; they return `VN_STATUS_CANCELLED`. It stays
 * cancelled: take a new one for the next call. (A call that a progress callback stopped leaves its token alone.) From any
 * thread, and from a signal handler. NULL is ignored.
 */
void vn_cancel_token_cancel(const vn_cancel_token *token);

/**
 * Whether the token was cancelled; false for NULL.
 */
bool vn_cancel_token_is_cancelled(const vn_cancel_token *token);

/**
 * Frees a token. NULL is ignored.
 */
void vn_cancel_token_free(vn_cancel_token *token);

/**
 * A new, empty monitor, to be given to `vn_options_set_monitor`. Freed with `vn_memory_monitor_free`.
 */
vn_memory_monitor *vn_memory_monitor_new(void);

/**
 * Everything kept so far, in order, as a JSON array. `out` is freed with `vn_string_free`.
 */
vn_status vn_memory_monitor_records_json(const vn_memory_monitor *monitor, char **out, vn_error **err);

/**
 * Every span kept so far with its start, duration and how it ended, as a JSON array. `out` is freed with `vn_string_free`.
 */
vn_status vn_memory_monitor_spans_json(const vn_memory_monitor *monitor,
                                       char **out,
                                       vn_error **err);

/**
 * Forgets everything kept so far. NULL is ignored.
 */
void vn_memory_monitor_clear(const vn_memory_monitor *monitor);

/**
 * Frees a monitor; calls that still use it go on with it. NULL is ignored.
 */
void vn_memory_monitor_free(vn_memory_monitor *monitor);

/**
 * Opens a store in one SQLite file, which is made when it is not there. `out` is freed with `vn_store_free`.
 */
vn_status vn_store_open(const char *path, vn_store **out, vn_error **err);

/**
 * Writes the payload of an analysis. Doing so twice is one row. Calls whose options have this store do it themselves.
 */
vn_status vn_store_put(const vn_store *store,
                       const vn_analysis *analysis,
                       vn_error **err);

/**
 * Reads the newest payload of an asset; `VN_STATUS_NOT_FOUND` when there is none. The analysis has no frame-level features.
 * `out` is freed with `vn_analysis_free`.
 */
vn_status vn_store_get(const vn_store *store,
                       const char *asset_id,
                       vn_analysis **out,
                       vn_error **err);

/**
 * The ids of all assets, sorted, at most `limit` of those after `after` (NULL: from the start), as a JSON array of texts.
 * `out` is freed with `vn_string_free`.
 */
vn_status vn_store_list_json(const vn_store *store,
                             const char *after,
                             size_t limit,
                             char **out,
                             vn_error **err);

/**
 * Removes every trace of an asset. Writes to `erased`, which may be NULL, whether there was one.
 */
vn_status vn_store_erase(const vn_store *store, const char *asset_id, bool *erased, vn_error **err);

/**
 * Closes a store; options that hold it go on with it. NULL is ignored.
 */
void vn_store_free(vn_store *store);

/**
 * New options with the defaults: preset `"balanced"`, all modalities, all cores. Freed with `vn_options_free`.
 */
vn_options *vn_options_new(void);

/**
 * A copy of options, with the same callbacks, store, monitor and token; NULL for NULL. Freed with `vn_options_free`.
 */
vn_options *vn_options_clone(const vn_options *options);

/**
 * How exact against how fast: `"fast"`, `"balanced"` or `"reference"`.
 */
vn_status vn_options_set_preset(vn_options *options, const char *preset, vn_error **err);

/**
 * Threads that decode one asset, or assets at a time in a batch; 0 is all cores. Changes no result: where a
 * decoder meets damage, which each number of threads decodes in its own way, one thread decodes it all again. (VP8's decoder
 * does not notice damage.)
 */
vn_status vn_options_set_threads(vn_options *options,
                                 size_t threads,
                                 vn_error **err);

/**
 * Whether frame-level features are kept beside the payload, as they are by default. A minute of sound and pictures has some
 * megabytes of them, and a batch holds those of all its items.
 */
vn_status vn_options_set_keep_vectors(vn_options *options,
                                      bool keep,
                                      vn_error **err);

/**
 * Which modalities to compute: `count` of `"audio"`, `"voice"`, `"text"` and `"vision"`; the others are `skipped`. NULL is
 * all of them.
 */
vn_status vn_options_set_modalities(vn_options *options,
                                    const char *const *modalities,
                                    size_t count,
                                    vn_error **err);

/**
 * What one input may cost. `name` is one of `max_bytes`, `max_duration_s`, `max_pixels`, `max_streams`, `max_channels`,
 * `max_decoded_bytes`, `max_text_bytes` and `max_wall_s`; `value` is positive, and whole where it counts things.
 */
vn_status vn_options_set_limit(vn_options *options,
                               const char *name,
                               double value,
                               vn_error **err);

/**
 * Language of the text as an ISO 639-1 code, such as `"en"`; NULL to detect it.
 */
vn_status vn_options_set_language(vn_options *options, const char *language, vn_error **err);

/**
 * The model that recognises speech where nothing tells what is said (no text, no captions): a folder with a Whisper model, or
 * the name of a known one, such as `"whisper-base"`; NULL for none.
 */
vn_status vn_options_set_speech_model(vn_options *options,
                                      const char *model,
                                      vn_error **err);

/**
 * Language of the text on screen, such as `"en"`, `"en+de"` or `"chi_tra"` (tesseract's own names count too); NULL for the language of the
 * text, if there is data for that, else English.
 */
vn_status vn_options_set_text_language(vn_options *options,
                                       const char *language,
                                       vn_error **err);

/**
 * The host's id of the asset, 1 to 200 bytes; NULL to derive it from the content.
 */
vn_status vn_options_set_asset_id(vn_options *options, const char *asset_id, vn_error **err);

/**
 * Ties the call to the host's own job, 1 to 200 bytes; NULL to generate one for each call.
 */
vn_status vn_options_set_correlation_id(vn_options *options, const char *correlation_id, vn_error **err);

/**
 * What the host knows of the asset beside its content; stored with it, never interpreted. `platform` is one of
 * `"youtube"`, `"tiktok"`, `"instagram"`, `"x"` and `"other"`. NULL is unknown.
 */
vn_status vn_options_set_meta(vn_options *options,
                              const char *user_id,
                              const char *platform,
                              const char *source_url,
                              vn_error **err);

/**
 * Text written with the asset: the post's caption, a title, a script. NULL is none. Not for `vn_analyze_many`, whose
 * sources carry their own.
 */
vn_status vn_options_set_text(vn_options *options,
                              const char *content,
                              vn_error **err);

/**
 * A caption file (`.srt` or `.vtt`) that says what is spoken when; NULL is none. Without it `clip.srt` and `clip.vtt` are
 * found beside `clip.mp4`. Not for `vn_analyze_many`, whose sources carry their own.
 */
vn_status vn_options_set_captions_path(vn_options *options,
                                       const char *path,
                                       vn_error **err);

/**
 * The content of a caption file, instead of its path; NULL is none.
 */
vn_status vn_options_set_captions_text(vn_options *options, const char *content, vn_error **err);

/**
 * Writes every payload to this store, and skips work whose content and versions are already there; NULL is none. The
 * handle may be freed afterwards: the options keep what they need.
 */
vn_status vn_options_set_store(vn_options *options,
                               const vn_store *store,
                               vn_error **err);

/**
 * Sends spans, events and progress to this monitor; NULL is none. The handle may be freed afterwards.
 */
vn_status vn_options_set_monitor(vn_options *options, const vn_memory_monitor *monitor, vn_error **err);

/**
 * Sends spans, events and progress to this monitoring system; NULL is none. One of this and `vn_options_set_monitor` holds: the last. The
 * handle may be closed afterwards; what comes then is dropped.
 */
vn_status vn_options_set_monitor_system(vn_options *options,
                                        const vn_monitor *monitor,
                                        vn_error **err);

/**
 * Tells this callback how far a call is and lets it stop the call; NULL is none. `user_data` is handed to it and must stay
 * valid as long as a call with these options runs, a `vn_live` until `vn_live_finish` or `vn_live_free` returned.
 */
vn_status vn_options_set_progress(vn_options *options,
                                  vn_progress_fn callback,
                                  void *user_data,
                                  vn_error **err);

/**
 * Lets another thread stop the calls of these options; NULL is none. The handle may be freed afterwards.
 */
vn_status vn_options_set_cancel_token(vn_options *options, const vn_cancel_token *token, vn_error **err);

/**
 * Adds a modality of the host, whose summary rides along in the payload under its own name. The table is copied; what its
 * `user_data` points to must stay valid as long as a call with these options runs, a `vn_live` until `vn_live_finish` or
 * `vn_live_free` returned.
 */
vn_status vn_options_add_extractor(vn_options *options,
                                   const vn_extractor *extractor,
                                   vn_error **err);

/**
 * Frees options; calls that use them must be over. NULL is ignored.
 */
void vn_options_free(vn_options *options);

/**
 * The payload as JSON, described by `vn_json_schema`; NULL for NULL. Owned by the analysis.
 */
const char *vn_analysis_json(const vn_analysis *analysis);

/**
 * The host's id of the asset, or the one derived from its content; NULL for NULL. Owned by the analysis.
 */
const char *vn_analysis_asset_id(const vn_analysis *analysis);

/**
 * Whether everything that the asset has was analysed; `VN_ASSET_STATUS_NONE` for NULL.
 */
vn_asset_status vn_analysis_status(const vn_analysis *analysis);

/**
 * Writes the content score, in [0, 100], to `score` and gives true; gives false and leaves `score` alone when there was
 * nothing to score, or for NULL. The contributions that sum to it are in the payload.
 */
bool vn_analysis_score(const vn_analysis *analysis,
                       double *score);

/**
 * The readable report for a terminal of this many columns (80 for 0). `out` is freed with `vn_string_free`.
 */
vn_status vn_analysis_report(const vn_analysis *analysis, size_t columns, char **out, vn_error **err);

/**
 * The report as a self-contained fragment of HTML. `out` is freed with `vn_string_free`.
 */
vn_status vn_analysis_report_html(const vn_analysis *analysis, char **out, vn_error **err);

/**
 * What happens when (shots, motion, faces, text, sound, speakers, level) as an SVG document. `out` is freed with
 * `vn_string_free`; it becomes NULL where the asset has no length in time.
 */
vn_status vn_analysis_timeline(const vn_analysis *analysis,
                               char **out,
                               vn_error **err);

/**
 * Describes the frame-level features of this name, such as `"audio"`, `"mfcc"`, in `out`. `VN_STATUS_NOT_FOUND` when the
 * analysis has none of that name; the message lists those that there are. An analysis read from a store has none.
 */
vn_status vn_analysis_vectors(const vn_analysis *analysis,
                              const char *modality,
                              const char *name,
                              vn_vectors *out,
                              vn_error **err);

/**
 * How many tables of frame-level features there are; 0 for NULL.
 */
size_t vn_analysis_vectors_count(const vn_analysis *analysis);

/**
 * Describes the table of frame-level features of this index in `out`; they are sorted by modality and name.
 */
vn_status vn_analysis_vectors_at(const vn_analysis *analysis, size_t index, vn_vectors *out, vn_error **err);

/**
 * Frees an analysis. NULL is ignored. One that belongs to a batch is freed with it and never by this.
 */
void vn_analysis_free(vn_analysis *analysis);

/**
 * How many entries there are, as many as sources were given; 0 for NULL.
 */
size_t vn_batch_count(const vn_batch *batch);

/**
 * What became of an entry: `VN_STATUS_OK`, or the status of its error; `VN_STATUS_INVALID_INPUT` when there is no entry of
 * this index.
 */
vn_status vn_batch_status(const vn_batch *batch,
                          size_t index);

/**
 * The analysis of an entry; NULL when it failed. Owned by the batch.
 */
const vn_analysis *vn_batch_analysis(const vn_batch *batch, size_t index);

/**
 * The error of an entry; NULL when it did not fail. Owned by the batch.
 */
const vn_error *vn_batch_error(const vn_batch *batch, size_t index);

/**
 * The flat row of an entry as a JSON object, for tables: every row has the same columns in the same order, the error's
 * columns are null for an analysis and the features' for an error. `out` is freed with `vn_string_free`.
 */
vn_status vn_batch_row_json(const vn_batch *batch,
                            size_t index,
                            char **out,
                            vn_error **err);

/**
 * Frees a batch with everything in it. NULL is ignored.
 */
void vn_batch_free(vn_batch *batch);

/**
 * Analyses one local file: a video, sound or picture. `options` may be NULL for the defaults. On success `out` is a new
 * analysis, freed with `vn_analysis_free`; on failure it is NULL and `err`, unless that is NULL, a new error. The call
 * blocks; progress and cancellation are in the options.
 */
vn_status vn_analyze(const char *path,
                     const vn_options *options,
                     vn_analysis **out,
                     vn_error **err);

/**
 * Analyses the content of a file. The bytes are copied. Otherwise as `vn_analyze`.
 */
vn_status vn_analyze_bytes(const uint8_t *bytes,
                           size_t count,
                           const vn_options *options,
                           vn_analysis **out,
                           vn_error **err);

/**
 * Analyses a text alone; `content` may be NULL when the options carry a text or captions. Otherwise as `vn_analyze`.
 */
vn_status vn_analyze_text(const char *content,
                          const vn_options *options,
                          vn_analysis **out,
                          vn_error **err);

/**
 * Analyses samples and frames that the host has decoded; one of the two may be NULL. They are copied. Otherwise as
 * `vn_analyze`.
 */
vn_status vn_analyze_raw(const vn_raw_audio *audio,
                         const vn_raw_frames *frames,
                         const vn_options *options,
                         vn_analysis **out,
                         vn_error **err);

/**
 * Analyses many assets, as many at a time as the options have threads. The order is kept, and a bad one never stops the
 * batch: its entry carries the error. `timeout_s` bounds each asset, 0 is no bound: over it the entry is what was decoded
 * until then, or `VN_STATUS_TIMEOUT`. Fails only for wrong arguments and when the host cancels the whole batch. `out` is
 * freed with `vn_batch_free`.
 */
vn_status vn_analyze_many(const vn_source *sources,
                          size_t count,
                          double timeout_s,
                          const vn_options *options,
                          vn_batch **out,
                          vn_error **err);

/**
 * Begins an analysis of interleaved samples at `sample_rate` (1,000 to 768,000) that will be pushed. `options` may be NULL
 * for the defaults; text and captions are not for it. The asset is named by the correlation id unless an asset id is given:
 * what is still to come has no hash. `out` is freed with `vn_live_free`, also after `vn_live_finish`.
 */
vn_status vn_live_new(uint32_t sample_rate,
                      uint16_t channels,
                      const vn_options *options,
                      vn_live **out,
                      vn_error **err);

/**
 * Hands `samples_count` samples over, of all channels together and a whole multiple of them; they are copied. Waits while
 * the analysis is more than 4 s behind. `listening`, unless it is NULL, is set to whether the analysis still listens: over a
 * limit it does not, and `vn_live_finish` gives what it has.
 */
vn_status vn_live_push(vn_live *live,
                       const float *samples,
                       size_t samples_count,
                       bool *listening,
                       vn_error **err);

/**
 * Ends the stream and waits for the features of all that was pushed. `out` is freed with `vn_analysis_free`. The handle
 * takes nothing more and is still to be freed.
 */
vn_status vn_live_finish(vn_live *live,
                         vn_analysis **out,
                         vn_error **err);

/**
 * Frees a live analysis; one that was not finished is cancelled. NULL is ignored.
 */
void vn_live_free(vn_live *live);

/**
 * The plain data as JSON, `null` where there are only arrays; NULL for NULL. Owned by the features.
 */
const char *vn_features_json(const vn_features *features);

/**
 * Describes the array of this name in `out`; NULL names the first. Its `modality` is NULL. `VN_STATUS_NOT_FOUND` when there
 * is none; the message lists those that there are.
 */
vn_status vn_features_vectors(const vn_features *features,
                              const char *name,
                              vn_vectors *out,
                              vn_error **err);

/**
 * The bytes of the file that the function made (a PNG, a table), and how many in `*size`; NULL and 0 where it made none. Owned
 * by the features. `size` may not be NULL.
 */
const uint8_t *vn_features_file(const vn_features *features,
                                size_t *size);

/**
 * How many arrays there are; 0 for NULL.
 */
size_t vn_features_vectors_count(const vn_features *features);

/**
 * Frees what a function gave. NULL is ignored.
 */
void vn_features_free(vn_features *features);

/**
 * A new monitor. `settings` is a JSON object or NULL: path (of its SQLite log, which several processes may share; none
 * by default), detail_days (90), summary_days (365), level ("full", "aggregate", "counted", "off", {"sampled": 0.1}),
 * adaptive (true), ring_capacity (8192 records a thread), max_memory (bytes, 10485760), flush_interval_s (0.25),
 * threshold_multiplier (1.5), error_rate (0.1). Or `config`, which is the path of a monitoring_config.json, read again when
 * it changes, or such an object: log, log file, alerts, redaction, dashboard; beside it only level, adaptive, over (what
 * goes before the file), redact (true) and block_s (so long a full ring makes the caller wait). Ended with
 * `vn_monitor_close`.
 */
vn_status vn_monitor_open(const char *settings,
                          vn_monitor **out,
                          vn_error **err);

/**
 * Writes everything, for so many milliseconds at most, ends the monitor's thread and frees the handle; true when
 * everything was written. What analyses that still use it record later is dropped. NULL is ignored, and gives true.
 */
bool vn_monitor_close(vn_monitor *monitor,
                      uint32_t timeout_ms);

/**
 * Waits until everything that was recorded before is delivered and written, for so many milliseconds at most; whether
 * it was. False for NULL, and from a callback.
 */
bool vn_monitor_flush(const vn_monitor *monitor,
                      uint32_t timeout_ms);

/**
 * The number of a place that is watched, made when it is new; the same in all monitors, so that it may be kept in a
 * static. `module` and `file` may be NULL. `weight` is its share of a job's time, `flags` are `VN_CAPTURE_...`. Secrets
 * and personal data are taken out of name and module, which may be made up at run time, unless the monitor leaves them.
 */
vn_status vn_monitor_callsite(const vn_monitor *monitor,
                              const char *name,
                              const char *module,
                              const char *file,
                              uint32_t line,
                              float weight,
                              uint32_t flags,
                              uint32_t *out,
                              vn_error **err);

/**
 * Begins a span at a place, inside the span `parent` (0 for none). Takes no lock. For NULL a span of which nothing is
 * recorded.
 */
vn_span vn_span_begin(const vn_monitor *monitor,
                      uint32_t site,
                      uint64_t parent);

/**
 * Ends a span, with a `vn_outcome`; once for each. `code` and `message` are for `VN_OUTCOME_FAILED`; NULL, and what is no UTF-8, is the
 * empty text. NULL is ignored.
 */
void vn_span_end(const vn_monitor *monitor,
                 vn_span span,
                 int32_t outcome,
                 const char *code,
                 const char *message);

/**
 * Ends a span, with a `vn_outcome`, and tells its arguments (2 KiB at most are kept) and the stack of its failure (16 KiB); each may be
 * NULL.
 */
void vn_span_end_with(const vn_monitor *monitor,
                      vn_span span,
                      int32_t outcome,
                      const char *code,
                      const char *message,
                      const char *args,
                      const char *stack);

/**
 * Publishes an event under a topic of words with dots between them. `data` is JSON of 64 KiB at most; NULL is null.
 */
vn_status vn_monitor_publish(const vn_monitor *monitor,
                             const char *topic,
                             const char *data,
                             vn_error **err);

/**
 * Calls the function for every event whose topic fits the pattern: `*` is one word, `**` at the end the rest.
 * `user_data` must stay valid until `vn_subscription_free` returned and no call is under way: free it on the monitor's
 * thread, or flush after freeing.
 */
vn_status vn_monitor_subscribe(const vn_monitor *monitor,
                               const char *pattern,
                               vn_event_fn callback,
                               void *user_data,
                               vn_subscription **out,
                               vn_error **err);

/**
 * Ends a subscription. NULL is ignored.
 */
void vn_subscription_free(vn_subscription *subscription);

/**
 * Asks the monitor by a name, with settings as JSON: `monitor.status`, `monitor.counts`, `monitor.query`,
 * `monitor.functions`, `monitor.errors`, `monitor.events`, `monitor.cleanup`, `monitor.backup` (to), `monitor.trace`
 * (a Chrome trace, as the file), `monitor.prometheus`, `monitor.set_level` (functions, level), `monitor.bus_stats`.
 * What reads the log takes `path`, by default the monitor's own, and `hours` (0 to 1,000,000) or `from_us`, not both, and `to_us`, both in
 * microseconds since 1970; `monitor.query` answers `limit` calls at most (1 to 10,000, 100 by default) and the `next` for `after`. Of one that was opened with a `config` also
 * `monitor.alerts`, `monitor.alert_trial` (name), `monitor.config` and `monitor.dashboard` (its address). `out` is freed with `vn_features_free`.
 */
vn_status vn_monitor_call(const vn_monitor *monitor,
                          const char *name,
                          const char *settings,
                          vn_features **out,
                          vn_error **err);

/**
 * Begins a job. `steps` is a JSON object of the steps and their relative weights, such as `{"fetch": 1, "score": 3}`.
 * After three runs of a job of this name its weights come from the log. Freed with `vn_job_free`.
 */
vn_status vn_job_new(const vn_monitor *monitor,
                     const char *name,
                     const char *steps,
                     vn_job **out,
                     vn_error **err);

/**
 * Begins a job that is a step of another: how far it is moves that one at once, and ends the step with it. The other settings are those of
 * `vn_job_new`; either job may be freed first.
 */
vn_status vn_job_within(const vn_monitor *monitor,
                        const vn_job *outer,
                        const char *step,
                        const char *name,
                        const char *steps,
                        vn_job **out,
                        vn_error **err);

/**
 * Sets the share of a step that is done; 1 ends the step. What is less than before changes nothing. NULL is ignored.
 */
void vn_job_update(const vn_job *job,
                   const char *step,
                   double fraction);

/**
 * The share of the job that is done, in [0, 1]; 0 for NULL.
 */
double vn_job_fraction(const vn_job *job);

/**
 * Tells this callback how far the job is. `user_data` must stay valid until the job is freed.
 */
vn_status vn_job_on_progress(const vn_job *job, vn_job_fn callback, void *user_data, vn_error **err);

/**
 * Ends a job, with a `vn_outcome`; only how long the steps of completed ones took is remembered. NULL is ignored.
 */
void vn_job_finish(const vn_job *job,
                   int32_t outcome);

/**
 * Frees a job; one that was not finished ends as cancelled. NULL is ignored.
 */
void vn_job_free(vn_job *job);

/**
 * Tempo and beats as librosa gives them: `tempo_bpm`, `beats_s`, `frames` in the JSON.
 * Settings: hop_length, start_bpm, std_bpm, ac_size, max_tempo (null for no bound), tightness, trim, bpm.
 */
vn_status vn_audio_beat_track(const vn_raw_audio *sound,
                              const char *settings,
                              vn_features **out,
                              vn_error **err);

/**
 * Energy in the pitch classes from C: array `chroma_stft` [frames, 12].
 * Settings: n_fft, hop_length, win_length, center, n_chroma, tuning.
 */
vn_status vn_audio_chroma_stft(const vn_raw_audio *sound,
                               const char *settings,
                               vn_features **out,
                               vn_error **err);

/**
 * Regularity of the level over 0.3 to 9 s (Streich & Herrera 2005), a number in [0, 10] or null, as JSON.
 */
vn_status vn_audio_danceability(const vn_raw_audio *sound,
                                const char *settings,
                                vn_features **out,
                                vn_error **err);

/**
 * The derivative of features along the frames: `sound` holds rows of `channels` values; array `delta`.
 * Settings: width, order.
 */
vn_status vn_audio_delta(const vn_raw_audio *sound, const char *settings, vn_features **out, vn_error **err);

/**
 * How far the pitches lie from A = 440 Hz, as a fraction of a semitone, as JSON.
 * Settings: those of the frames, resolution, bins_per_octave, fmin, fmax, threshold.
 */
vn_status vn_audio_estimate_tuning(const vn_raw_audio *sound,
                                   const char *settings,
                                   vn_features **out,
                                   vn_error **err);

/**
 * The landmarks of a sound: array `landmarks` [landmarks, 2] (Hz, strong), and `base64` in the JSON, which a
 * `vn_sound_index` takes.
 */
vn_status vn_audio_fingerprint(const vn_raw_audio *sound,
                               const char *settings,
                               vn_features **out,
                               vn_error **err);

/**
 * Musical key: `tonic`, `mode`, `confidence` as JSON, or null where there is none to tell.
 */
vn_status vn_audio_key(const vn_raw_audio *sound, const char *settings, vn_features **out, vn_error **err);

/**
 * Loudness after EBU R 128: `integrated_lufs`, `range_lu`, `true_peak_dbtp`, `momentary_max_lufs`,
 * `short_term_max_lufs` as JSON. All channels count with their weights. Settings: mode (`"bs1770"` or `"pyloudnorm"`).
 */
vn_status vn_audio_loudness(const vn_raw_audio *sound,
                            const char *settings,
                            vn_features **out,
                            vn_error **err);

/**
 * Loudness over 0.4 s and over 3 s, ten values a second, in LUFS: arrays `momentary` and `short_term`.
 * Settings: mode.
 */
vn_status vn_audio_loudness_series(const vn_raw_audio *sound,
                                   const char *settings,
                                   vn_features **out,
                                   vn_error **err);

/**
 * Energy in mel bands: array `melspectrogram` [frames, 128].
 * Settings: those of the frames, n_mels, fmin, fmax, power.
 */
vn_status vn_audio_melspectrogram(const vn_raw_audio *sound,
                                  const char *settings,
                                  vn_features **out,
                                  vn_error **err);

/**
 * Mel-frequency cepstral coefficients: array `mfcc` [frames, 20].
 * Settings: those of `vn_audio_melspectrogram`, n_mfcc, lifter.
 */
vn_status vn_audio_mfcc(const vn_raw_audio *sound, const char *settings, vn_features **out, vn_error **err);

/**
 * All channels brought to a level by one gain: array `samples` [frames, channels] without times, and `gain_db` and
 * `limited` in the JSON.
 * Settings: peak_dbfs, or lufs and ceiling_dbtp.
 */
vn_status vn_audio_normalize_gain(const vn_raw_audio *sound,
                                  const char *settings,
                                  vn_features **out,
                                  vn_error **err);

/**
 * How much each frame's spectrum rises, in dB: array `onset_strength` [frames, 1].
 * Settings: hop_length, lag, max_size, aggregate (`"mean"` or `"median"`), detrend.
 */
vn_status vn_audio_onset_strength(const vn_raw_audio *sound,
                                  const char *settings,
                                  vn_features **out,
                                  vn_error **err);

/**
 * Powers in decibels: `sound` holds rows of `channels` values; array `power_to_db`.
 * Settings: ref (a power, or `"max"`), amin, top_db (null lifts nothing).
 */
vn_status vn_audio_power_to_db(const vn_raw_audio *sound,
                               const char *settings,
                               vn_features **out,
                               vn_error **err);

/**
 * The samples of a sound or video file, as librosa's `load`: array `samples` [frames, channels] without times; `sample_rate`,
 * `channels` and `cut_short` as JSON. Settings: sr (22050, null for the file's), mono (true), offset and duration in seconds,
 * preset.
 */
vn_status vn_audio_load(const char *path,
                        const char *settings,
                        vn_features **out,
                        vn_error **err);

/**
 * Every channel at another rate: array `samples` [frames, channels] without times. Settings: target_sr, mono (false: their mean instead).
 */
vn_status vn_audio_resample(const vn_raw_audio *sound,
                            const char *settings,
                            vn_features **out,
                            vn_error **err);

/**
 * Tempo from the sound's own rate with its confidence and candidates, beats, their strength and stability, as JSON.
 */
vn_status vn_audio_rhythm(const vn_raw_audio *sound,
                          const char *settings,
                          vn_features **out,
                          vn_error **err);

/**
 * Root mean square of each frame: array `rms` [frames, 1]. Settings: frame_length, hop_length, center.
 */
vn_status vn_audio_rms(const vn_raw_audio *sound, const char *settings, vn_features **out, vn_error **err);

/**
 * How alike two `trending_sound_hash` are, in [0, 1], as JSON. `sound` may have no samples. Settings: a, b.
 */
vn_status vn_audio_sound_hash_similarity(const vn_raw_audio *sound,
                                         const char *settings,
                                         vn_features **out,
                                         vn_error **err);

/**
 * Spread around the centroid, in Hz: array [frames, 1]. Settings: those of the frames, p.
 */
vn_status vn_audio_spectral_bandwidth(const vn_raw_audio *sound,
                                      const char *settings,
                                      vn_features **out,
                                      vn_error **err);

/**
 * Centre of gravity of the spectrum, in Hz: array [frames, 1]. Settings: those of the frames.
 */
vn_status vn_audio_spectral_centroid(const vn_raw_audio *sound,
                                     const char *settings,
                                     vn_features **out,
                                     vn_error **err);

/**
 * Peak over valley in octave-wide bands, in dB: array [frames, 7].
 * Settings: those of the frames, fmin, n_bands, quantile, linear.
 */
vn_status vn_audio_spectral_contrast(const vn_raw_audio *sound,
                                     const char *settings,
                                     vn_features **out,
                                     vn_error **err);

/**
 * All that can be read off short-time spectra, from spectra that are computed once: arrays `mfcc`, `chroma_stft`,
 * `spectral_centroid`, `spectral_bandwidth`, `spectral_rolloff`, `spectral_flatness`, `spectral_contrast`,
 * `zero_crossing_rate`, `rms`, `onset_strength`, each as the function of its name gives it.
 * Settings: those of the frames, n_mfcc, n_mels, n_chroma, tuning, n_bands.
 */
vn_status vn_audio_spectral_features(const vn_raw_audio *sound,
                                     const char *settings,
                                     vn_features **out,
                                     vn_error **err);

/**
 * Geometric over arithmetic mean of the power spectrum: array [frames, 1].
 * Settings: those of the frames, amin, power.
 */
vn_status vn_audio_spectral_flatness(const vn_raw_audio *sound,
                                     const char *settings,
                                     vn_features **out,
                                     vn_error **err);

/**
 * Frequency below which a share of the magnitude lies, in Hz: array [frames, 1].
 * Settings: those of the frames, roll_percent.
 */
vn_status vn_audio_spectral_rolloff(const vn_raw_audio *sound,
                                    const char *settings,
                                    vn_features **out,
                                    vn_error **err);

/**
 * What the sound is made of: shares of speech, music, speech over music and other, label, confidence, segments and
 * reactability, as JSON; null without samples.
 */
vn_status vn_audio_speech_music(const vn_raw_audio *sound,
                                const char *settings,
                                vn_features **out,
                                vn_error **err);

/**
 * Beats per minute as librosa gives them, or null, as JSON. Settings: those of `vn_audio_beat_track`.
 */
vn_status vn_audio_tempo(const vn_raw_audio *sound, const char *settings, vn_features **out, vn_error **err);

/**
 * Share of neighbouring samples that differ in sign: array [frames, 1]. Settings: frame_length, hop_length, center.
 */
vn_status vn_audio_zero_crossing_rate(const vn_raw_audio *sound,
                                      const char *settings,
                                      vn_features **out,
                                      vn_error **err);

/**
 * Where speech is: `speech` (start_s, end_s) and `source`, the detector that found it, as JSON.
 * Settings: detector (`"auto"`, `"embedded"` or `"silero"`).
 */
vn_status vn_voice_activity(const vn_raw_audio *sound,
                            const char *settings,
                            vn_features **out,
                            vn_error **err);

/**
 * How much each moment sounds like speech to the embedded network: array `activity_scores` [frames, 1] in [0, 1], every 16 ms.
 * Music may score high too, which `vn_voice_activity` smooths and judges. No settings.
 */
vn_status vn_voice_activity_scores(const vn_raw_audio *sound,
                                   const char *settings,
                                   vn_features **out,
                                   vn_error **err);

/**
 * Who speaks when, without a model file: `turns` and `speakers` as JSON. Settings: min_speakers, max_speakers; for models of
 * the pyannote kind also segmentation and embedding (paths of two ONNX files), encoding (`"powerset"` or `"multilabel"`),
 * window, shortest, same, threads.
 */
vn_status vn_voice_diarize(const vn_raw_audio *sound,
                           const char *settings,
                           vn_features **out,
                           vn_error **err);

/**
 * The 88 functionals of eGeMAPSv02 as openSMILE has them, as JSON: `functionals` by name, `missing` with the reason for each
 * that is undefined, and `names`, all 88 in the published order. No settings.
 */
vn_status vn_voice_egemaps(const vn_raw_audio *sound,
                           const char *settings,
                           vn_features **out,
                           vn_error **err);

/**
 * The contours that eGeMAPS sums up: array `contours` [frames, 25], NaN where undefined, and `names` of the columns as JSON.
 * No settings.
 */
vn_status vn_voice_egemaps_lld(const vn_raw_audio *sound,
                               const char *settings,
                               vn_features **out,
                               vn_error **err);

/**
 * Formants by Burg's linear prediction: arrays `frequencies_hz` and `bandwidths_hz` [frames, 5], NaN where a frame has
 * fewer. Settings: max_formants, ceiling_hz, window_s, pre_emphasis_hz, step_s, preset.
 */
vn_status vn_voice_formants(const vn_raw_audio *sound,
                            const char *settings,
                            vn_features **out,
                            vn_error **err);

/**
 * Harmonics-to-noise ratio: array `hnr_db` [frames, 1] in dB, NaN in silence and where nothing repeats. Settings: step_s,
 * floor_hz, silence_threshold, preset.
 */
vn_status vn_voice_harmonicity(const vn_raw_audio *sound,
                               const char *settings,
                               vn_features **out,
                               vn_error **err);

/**
 * Level: array `intensity_db` [frames, 1] in dB relative to full scale, NaN in digital silence. Settings: floor_hz, step_s,
 * subtract_mean, preset.
 */
vn_status vn_voice_intensity(const vn_raw_audio *sound,
                             const char *settings,
                             vn_features **out,
                             vn_error **err);

/**
 * Jitter and shimmer with Praat's definitions, as JSON: `jitter` and `shimmer`, null where too few cycles stand next to each
 * other, and `pulses_s`. Settings: method, floor_hz, ceiling_hz, shortest_period_s, longest_period_s, max_period_factor,
 * max_amplitude_factor.
 */
vn_status vn_voice_perturbation(const vn_raw_audio *sound,
                                const char *settings,
                                vn_features **out,
                                vn_error **err);

/**
 * Fundamental frequency: arrays `f0_hz` [frames, 1] in Hz, NaN where unvoiced, and `voiced` [frames, 1], 1 or 0; with pyin
 * also `voiced_prob` [frames, 1]. Settings: method (`"autocorrelation"`, `"cross_correlation"` or `"pyin"`), preset,
 * floor_hz, ceiling_hz, step_s; but for pyin also most_candidates, voicing_threshold, silence_threshold, octave_cost,
 * octave_jump_cost, voiced_unvoiced_cost.
 */
vn_status vn_voice_pitch(const vn_raw_audio *sound,
                         const char *settings,
                         vn_features **out,
                         vn_error **err);

/**
 * Fundamental frequency by probabilistic YIN: arrays `f0_hz`, `voiced` and `voiced_prob` [frames, 1]. Settings, as librosa
 * has them: fmin, fmax, frame_length, hop_length, n_thresholds, beta_parameters, boltzmann_parameter, resolution,
 * max_transition_rate, switch_prob, no_trough_prob, center.
 */
vn_status vn_voice_pyin(const vn_raw_audio *sound,
                        const char *settings,
                        vn_features **out,
                        vn_error **err);

/**
 * Syllables and the rate of speech, without a transcript, as JSON: `nuclei_s`, `speaking_rate` and `articulation_rate`, per
 * second and null without speech. Settings: min_dip_db, range_db.
 */
vn_status vn_voice_syllables(const vn_raw_audio *sound,
                             const char *settings,
                             vn_features **out,
                             vn_error **err);

/**
 * Which of hash_size times hash_size parts are brighter than the mean of all. Settings: hash_size (8; 2 to 256).
 */
vn_status vn_vision_average_hash(const vn_pixels *picture,
                                 const char *settings,
                                 vn_features **out,
                                 vn_error **err);

/**
 * Shares of black, gray and twelve hues. Settings: binbits (3), the bits of each share.
 */
vn_status vn_vision_colorhash(const vn_pixels *picture,
                              const char *settings,
                              vn_features **out,
                              vn_error **err);

/**
 * Whether one video is a copy of the other (`is_copy`), with `share` and `other_share` in [0, 1], `offset_s`, `mirrored` and more, as
 * JSON; after vPDQ (ThreatExchange, 2021). Settings: a, b, each the `base64` of a fingerprint.
 */
vn_status vn_vision_compare_fingerprints(const char *settings,
                                         vn_features **out,
                                         vn_error **err);

/**
 * Pictures of a video with their times, as a PNG: `vn_features_file`; `width` and `height` in pixels and `times_s`, row by row, as JSON.
 * Settings: pictures (20; 1 to 400), by (`"shots"`: one of each shot of `vn_vision_detect_shots`, near its middle and clear of dissolves
 * and fades; of more shots than pictures some at even distances; where there is room, long shots have further ones; `"time"`: at even
 * distances in time), columns (5), cell_width (160; 8 to 4096 pixels), preset, threads, limits.
 */
vn_status vn_vision_contact_sheet(const char *path,
                                  const char *settings,
                                  vn_progress_fn progress,
                                  void *user_data,
                                  vn_features **out,
                                  vn_error **err);

/**
 * Faces by YuNet (Wu, Peng & Yu 2023) or UltraFace, the surest first: `box` (left, top, right, bottom in pixels), `score` in [0, 1],
 * `landmarks`, `expression` as JSON. `VN_STATUS_UNAVAILABLE` without an ONNX Runtime or a model, and says which file it looked for.
 * Settings: model (`"auto"`, `"yunet"`, `"ultraface"`), longest_side (640; 32 to 4096 pixels), least_score (0 to 1; the detector's own),
 * threads (1; 0: all cores), expressions (false: whether a model of HSEmotion's kind says what each face shows). What was loaded stays
 * loaded for the next call with the same settings.
 */
vn_status vn_vision_detect_faces(const vn_pixels *picture,
                                 const char *settings,
                                 vn_features **out,
                                 vn_error **err);

/**
 * Shots of a video file: `cuts` (frame, time_s), `shots`, `frames`, `cut_short` as JSON. Settings: detector (`"default"`, and
 * PySceneDetect's `"content"`, `"adaptive"`, `"histogram"`, `"threshold"`, `"hash"`), preset (`"reference"` numbers frames as there),
 * threads, metrics, limits, and params, an object of the detector's settings under PySceneDetect's names: threshold, min_scene_len (a
 * whole number of frames, or seconds as in `"0.6s"`), weights (delta_hue, delta_sat, delta_lum, delta_edges), kernel_size, filter_mode
 * (`"merge"`, `"suppress"`), measure_edges of `"content"`; adaptive_threshold, window_width, min_content_val beside these but threshold
 * and filter_mode of `"adaptive"`; bins; fade_bias, add_final_scene, method (`"floor"`, `"ceiling"`), min_out_length; size, lowpass. Such as
 * `{"detector": "content", "params": {"threshold": 20, "min_scene_len": "0.6s"}}`.
 */
vn_status vn_vision_detect_shots(const char *path,
                                 const char *settings,
                                 vn_progress_fn progress,
                                 void *user_data,
                                 vn_features **out,
                                 vn_error **err);

/**
 * Which parts are brighter than their left neighbour. Settings: hash_size (8; 2 to 256).
 */
vn_status vn_vision_dhash(const vn_pixels *picture, const char *settings, vn_features **out, vn_error **err);

/**
 * Which parts are brighter than the one above. Settings: hash_size (8; 2 to 256).
 */
vn_status vn_vision_dhash_vertical(const vn_pixels *picture,
                                   const char *settings,
                                   vn_features **out,
                                   vn_error **err);

/**
 * The pairs of copies among some videos, as a JSON array: `a` and `b`, their places in the list, and what
 * `vn_vision_compare_fingerprints` gives. Compares each with each, some 30 ms for two videos of a minute. Blocks until it is done;
 * `progress` as of the functions on files. Settings: prints, an array of the `base64` of fingerprints.
 */
vn_status vn_vision_find_copies(const char *settings,
                                vn_progress_fn progress,
                                void *user_data,
                                vn_features **out,
                                vn_error **err);

/**
 * What a video or picture is found again by: `base64`, and `samples` (time_s, pdq, quality), as JSON.
 * Settings: interval_s (0.125; 0.1 to 3600), preset, threads, limits.
 */
vn_status vn_vision_fingerprint(const char *path,
                                const char *settings,
                                vn_progress_fn progress,
                                void *user_data,
                                vn_features **out,
                                vn_error **err);

/**
 * Motion as the codec coded it, as JSON: `width`, `height`, `pictures` (frame, time_s, kind, blocks, from_s, intensity, directions,
 * camera). With the setting blocks the array `blocks`, eight columns: place of its picture, -1 where it was predicted from an earlier
 * picture or 1 from a later one, centre x and y, width, height, and how far what it shows moved, to the right and down, in pixels.
 * `VN_STATUS_UNAVAILABLE` where the codec gives none (HEVC, VP9, AV1). Settings: interval_s (0 for all pictures; else P pictures alone,
 * so far apart), blocks (false), limits.
 */
vn_status vn_vision_motion_vectors(const char *path,
                                   const char *settings,
                                   vn_progress_fn progress,
                                   void *user_data,
                                   vn_features **out,
                                   vn_error **err);

/**
 * Dense motion from one picture to the next (Farneback 2003): arrays `dx` and `dy` [rows, columns] in pixels; in preset `reference` as
 * OpenCV's calcOpticalFlowFarneback, in `balanced` at half the size, in `fast` at a quarter. Colours are taken in the gray of OpenCV's
 * COLOR_RGB2GRAY. `VN_STATUS_INVALID_INPUT` for pictures of two sizes. Settings: preset, pyr_scale (0.5), levels (3), winsize (15), iterations (3), poly_n (5), poly_sigma (1.2), gaussian (false).
 */
vn_status vn_vision_optical_flow(const vn_pixels *a,
                                 const vn_pixels *b,
                                 const char *settings,
                                 vn_features **out,
                                 vn_error **err);

/**
 * PDQ (ThreatExchange, 2019): `hash` of 256 bits and `quality` from 0 to 100, as JSON. Two pictures match within 31 bits where both have a
 * quality of 50 or more. No settings.
 */
vn_status vn_vision_pdq(const vn_pixels *picture,
                        const char *settings,
                        vn_features **out,
                        vn_error **err);

/**
 * PDQ of a picture and of its seven mirrored and turned versions, as a JSON array of eight `hash` and `quality`: as it is, turned a
 * quarter, half and three quarters counter-clockwise, flipped top to bottom, left to right, along the main diagonal and the other. A
 * plain PDQ that is near one of them is of a mirrored or turned copy. No settings.
 */
vn_status vn_vision_pdq_dihedral(const vn_pixels *picture,
                                 const char *settings,
                                 vn_features **out,
                                 vn_error **err);

/**
 * Which low frequencies are above their median. Settings: hash_size (8; 2 to 256).
 */
vn_status vn_vision_phash(const vn_pixels *picture, const char *settings, vn_features **out, vn_error **err);

/**
 * Frequencies along the rows alone, against their mean. Settings: hash_size (8; 2 to 256).
 */
vn_status vn_vision_phash_simple(const vn_pixels *picture,
                                 const char *settings,
                                 vn_features **out,
                                 vn_error **err);

/**
 * Lines of text in a picture, in reading order: `text`, `box` (left, top, right, bottom in pixels), `confidence` in [0, 1] as JSON.
 * `VN_STATUS_UNAVAILABLE` says what to install. Settings: engine (`"auto"`, `"tesseract"`, `"ppocr"`), language (`"en"`, `"eng"`,
 * `"en+de"`; none for English), longest_side (2560; 64 to 8192 pixels). What was loaded stays loaded for the next call with the same settings.
 */
vn_status vn_vision_read_text(const vn_pixels *picture,
                              const char *settings,
                              vn_features **out,
                              vn_error **err);

/**
 * Which low Haar wavelet coefficients are above their median. Settings: hash_size (8), a power of two.
 */
vn_status vn_vision_whash(const vn_pixels *picture, const char *settings, vn_features **out, vn_error **err);

/**
 * Two captions against each other: `second_is_better`, `loss`, `rates`, `keep` as JSON. Settings: first, second (each `shown`,
 * `taken`), least (0.001).
 */
vn_status vn_clips_ab_test(const char *settings,
                           vn_features **out,
                           vn_error **err);

/**
 * How this ranking and others would have done on a CSV table of daily lists, as JSON rows. Settings: held_out.
 */
vn_status vn_clips_backtest(const char *path,
                            const char *settings,
                            vn_features **out,
                            vn_error **err);

/**
 * The platform and id of a post's address, the same for all its forms, as JSON; null of what is no address. Settings: url.
 */
vn_status vn_clips_canonical_url(const char *settings,
                                 vn_features **out,
                                 vn_error **err);

/**
 * The configuration with its defaults as JSON; the error names everything that is wrong with it at once. Settings: config.
 */
vn_status vn_clips_check_config(const char *settings,
                                vn_features **out,
                                vn_error **err);

/**
 * Clips from a platform, over HTTPS: `clips`, `snapshots` (as `vn_clips_find` takes `histories`), `pages`, `usage`, `left_out`,
 * `reasons`, `next` and `stopped_by` as JSON. What goes wrong on the way is in `stopped_by`, beside what came before; only what
 * keeps it from beginning is an error. Blocks until it is done. Settings: source (`"youtube"`, `"tiktok_research"`,
 * `"tiktok_display"`, `"instagram"`, `"x"`), query, token (else the environment's), cursor, max_pages (10), max_clips, base_url,
 * timeout_s (30), max_response_bytes, max_wall_s, retry (tries, base_s, most_s, max_wait_s), token_in_query.
 */
vn_status vn_clips_fetch(const char *settings,
                         vn_features **out,
                         vn_error **err);

/**
 * The ranked list: `clips`, `summary`, `copies` as JSON. Settings: clips, config, histories, hashes, sounds,
 * videos, duplicates, now.
 */
vn_status vn_clips_find(const char *settings, vn_features **out, vn_error **err);

/**
 * One step of the weekly loop: `state`, `refit`, `weights` as JSON. Settings: week, lists, state, prior.
 */
vn_status vn_clips_learn(const char *settings, vn_features **out, vn_error **err);

/**
 * Clips from a file (the specification's JSON, JSON Lines, CSV, XLSX, Parquet): `clips`, `left_out`, `reasons` as JSON. No settings.
 */
vn_status vn_clips_read(const char *path,
                        const char *settings,
                        vn_features **out,
                        vn_error **err);

/**
 * Clips of what `yt-dlp -J` printed: `clips`, `snapshots`, `left_out`, `reasons` as JSON. Settings: path or text.
 */
vn_status vn_clips_read_ytdlp(const char *settings,
                              vn_features **out,
                              vn_error **err);

/**
 * The clips scored among each other, in their order, as JSON. Settings: clips, config, histories, now.
 */
vn_status vn_clips_score(const char *settings, vn_features **out, vn_error **err);

/**
 * Scored clips as a file: `vn_features_file`. Settings: clips, format (`"json"`, `"jsonl"`, `"csv"`,
 * `"xlsx"`, `"parquet"`), summary.
 */
vn_status vn_clips_write(const char *settings, vn_features **out, vn_error **err);

/**
 * Scores of clips by what the weekly loop learned, an array as JSON: weighted percentiles among each other. With a seed, by weights
 * drawn from what the weeks leave open (Thompson sampling), so that now and then what may be better is tried. Settings: state (that of
 * `vn_clips_learn`), features (a row of five values for each clip), seed.
 */
vn_status vn_clips_explore(const char *settings,
                           vn_features **out,
                           vn_error **err);

/**
 * Goes back to the weights before the last week, and forgets it: `state` and `weights` as JSON. Settings: state.
 */
vn_status vn_clips_roll_back(const char *settings,
                             vn_features **out,
                             vn_error **err);

/**
 * How far each clip stands out of its own channel, an array as JSON: its views over the median of the channel's clips; null where the
 * channel or the views are unknown, or the channel has fewer than three clips. Settings: clips.
 */
vn_status vn_clips_outlier_scores(const char *settings,
                                  vn_features **out,
                                  vn_error **err);

/**
 * How the weekly loop would have done on a CSV table of daily lists, as JSON: precision at a tenth of each week from the second on with
 * the weights `learned` before it and with the first ones (`fixed`), their `mean`, and the loop's `log`. Settings: objective (`"gain"`,
 * `"growth"`), prior (five weights), poisoned (the week, from 0, whose outcomes are turned around).
 */
vn_status vn_clips_weekly_backtest(const char *path,
                                   const char *settings,
                                   vn_features **out,
                                   vn_error **err);

/**
 * The scored clip, as `vn_clips_score` gives it, that the one at place `at` would be among the others with some of its keys changed, as
 * JSON. Settings: clips, at, change (an object), config, histories, now.
 */
vn_status vn_clips_what_if(const char *settings,
                           vn_features **out,
                           vn_error **err);

/**
 * The best clips of each niche: an object of arrays, as JSON; the niche is the clip's own where it is known, else every keyword that was
 * found in it. Settings: clips (ranked, as `vn_clips_find` gives them), most (10).
 */
vn_status vn_clips_leaderboard(const char *settings,
                               vn_features **out,
                               vn_error **err);

/**
 * Clips as a table: an object of lists, one a column. Settings: clips.
 */
vn_status vn_clips_columns(const char *settings, vn_features **out, vn_error **err);

/**
 * Writes the clips of one file as another, both by their names (.json, .jsonl, .csv, .xlsx, .parquet), with memory that does not
 * grow with them: `written`, `left_out`, `reasons`. Settings: to.
 */
vn_status vn_clips_convert(const char *path,
                           const char *settings,
                           vn_features **out,
                           vn_error **err);

/**
 * Removes every trace of a clip from the store at this path; true where there was one. Settings: platform, id.
 */
vn_status vn_clips_store_erase(const char *path,
                               const char *settings,
                               vn_features **out,
                               vn_error **err);

/**
 * Writes clips of the store at this path to a file: `written`. Settings: to, format (by the name of `to`), and those of
 * `vn_clips_store_query`.
 */
vn_status vn_clips_store_export(const char *path,
                                const char *settings,
                                vn_features **out,
                                vn_error **err);

/**
 * What the store at this path has seen of these clips over time, as `vn_clips_find` takes it. Settings: clips.
 */
vn_status vn_clips_store_histories(const char *path,
                                   const char *settings,
                                   vn_features **out,
                                   vn_error **err);

/**
 * Puts the clips of a file into the store at this path: as `vn_clips_store_put`, and `left_out`. Settings: file, at.
 */
vn_status vn_clips_store_import(const char *path,
                                const char *settings,
                                vn_features **out,
                                vn_error **err);

/**
 * One step of the weekly loop on the state in the store at this path: `refit`, `weights`, `log`. Settings: week, lists, name,
 * prior.
 */
vn_status vn_clips_store_learn(const char *path,
                               const char *settings,
                               vn_features **out,
                               vn_error **err);

/**
 * Writes what was seen of clips at a moment into the store at this path, which is made where it is not there: `new`,
 * `updated`, `unchanged`, `snapshots`, `conflicts`, `reasons`. Settings: clips (plain or scored), at.
 */
vn_status vn_clips_store_put(const char *path,
                             const char *settings,
                             vn_features **out,
                             vn_error **err);

/**
 * Clips of the store at this path: `clips`, `unknown`, `explanations`, `total`. Settings: platforms, niche, min_score, max_score,
 * hours, min_growth, min_views, keywords, search, order (score, growth, views, newest), ascending, limit, offset, strict, now.
 */
vn_status vn_clips_store_query(const char *path,
                               const char *settings,
                               vn_features **out,
                               vn_error **err);

/**
 * The store at this path in numbers. Settings: those of `vn_clips_store_query`.
 */
vn_status vn_clips_store_summary(const char *path, const char *settings, vn_features **out, vn_error **err);

/**
 * `directories` that are searched and `models` (with `name`, `what`, `licence`, `source`, `files`, `inputs`, `outputs`,
 * `can_be_pulled`, `note`, and `path`, null where it is not there) as JSON. Settings: dir, manifest (a JSON file of models of
 * one's own).
 */
vn_status vn_models_list(const char *settings,
                         vn_features **out,
                         vn_error **err);

/**
 * The model's file, or the folder of its files, as a JSON string. Settings: name, dir, manifest.
 */
vn_status vn_models_where(const char *settings, vn_features **out, vn_error **err);

/**
 * Reads the model's files and compares their checksums: `good` and `files` as JSON. Settings: name, dir, manifest.
 */
vn_status vn_models_verify(const char *settings,
                           vn_features **out,
                           vn_error **err);

/**
 * Fetches those files of a model that are not there or not right, over HTTPS; a file takes its name only once its checksum is
 * right, and a call that was stopped goes on where it ended: `path`, `kept`, `fetched`, `bytes`, `resumed` as JSON. Blocks
 * until it is done. `progress` is told how far it is, and may stop it; NULL is none. Settings: name, dir, manifest, tries (4),
 * timeout_s (30).
 */
vn_status vn_models_pull(const char *settings,
                         vn_progress_fn progress,
                         void *user_data,
                         vn_features **out,
                         vn_error **err);

/**
 * A payload's score by what was learned, as JSON: other points, and an 80 % interval once 50 outcomes are known. Settings: score (that
 * of a payload), state (that of `vn_score_learn`).
 */
vn_status vn_score_apply(const char *settings,
                         vn_features **out,
                         vn_error **err);

/**
 * Takes a week's outcomes: `state` for the next week, the log's `refit`, and the `points` of each feature, as JSON. Settings: week,
 * lists (each `scores` of payloads and `outcomes`, null where unknown), state (that of the last week).
 */
vn_status vn_score_learn(const char *settings,
                         vn_features **out,
                         vn_error **err);

/**
 * Goes back to the points before the last week, and forgets it: `state` and `points` as JSON. Settings: state.
 */
vn_status vn_score_roll_back(const char *settings,
                             vn_features **out,
                             vn_error **err);

/**
 * An empty index. Freed with `vn_sound_index_free`.
 */
vn_sound_index *vn_sound_index_new(void);

/**
 * Reads what `vn_sound_index_save` wrote. `out` is freed with `vn_sound_index_free`.
 */
vn_status vn_sound_index_load(const char *path, vn_sound_index **out, vn_error **err);

/**
 * Writes the index to a file.
 */
vn_status vn_sound_index_save(const vn_sound_index *index, const char *path, vn_error **err);

/**
 * Adds a sound, or replaces the one of this name. `fingerprint` is the `base64` of `vn_audio_fingerprint`.
 */
vn_status vn_sound_index_add(vn_sound_index *index, const char *id, const char *fingerprint, vn_error **err);

/**
 * Takes a sound out; `removed`, unless it is NULL, is set to whether there was one.
 */
vn_status vn_sound_index_remove(vn_sound_index *index, const char *id, bool *removed, vn_error **err);

/**
 * The sounds that are heard in this one, at most `limit` and best first, as a JSON array of `id`, `score` in [0, 1],
 * `offset_s` (where in the indexed sound the query starts), `speed_ratio`, `matched` and `expected` landmarks. `out` is
 * freed with `vn_string_free`.
 */
vn_status vn_sound_index_query_json(const vn_sound_index *index,
                                    const char *fingerprint,
                                    size_t limit,
                                    char **out,
                                    vn_error **err);

/**
 * How many sounds there are; 0 for NULL.
 */
size_t vn_sound_index_count(const vn_sound_index *index);

/**
 * Frees an index. NULL is ignored.
 */
void vn_sound_index_free(vn_sound_index *index);

/**
 * Begins it. `name` is `"audio.loudness"`, `"audio.fingerprint"` or `"voice.activity"` (settings: detector); `settings` is a
 * JSON object or NULL. `out` is freed with `vn_sound_stream_free`, also after `vn_sound_stream_finish`.
 */
vn_status vn_sound_stream_new(const char *name,
                              uint32_t sample_rate,
                              uint16_t channels,
                              const char *settings,
                              vn_sound_stream **out,
                              vn_error **err);

/**
 * Takes `samples_count` samples, of all channels together and a whole multiple of them; they are copied.
 */
vn_status vn_sound_stream_push(vn_sound_stream *stream,
                               const float *samples,
                               size_t samples_count,
                               vn_error **err);

/**
 * What is known so far, as JSON: of the loudness `momentary_lufs` and `short_term_lufs` of now and the other values of all so
 * far, of the activity the `score` of about a second ago. `out` is freed with `vn_features_free`.
 */
vn_status vn_sound_stream_now(const vn_sound_stream *stream,
                              vn_features **out,
                              vn_error **err);

/**
 * What the function gives for all that was pushed. `out` is freed with `vn_features_free`. The stream takes nothing more and
 * is still to be freed.
 */
vn_status vn_sound_stream_finish(vn_sound_stream *stream,
                                 vn_features **out,
                                 vn_error **err);

/**
 * Frees a stream. NULL is ignored.
 */
void vn_sound_stream_free(vn_sound_stream *stream);

/**
 * VADER sentiment of an English text: `{"negative": 0, "neutral": 0.2, "positive": 0.8, "compound": 0.7}`.
 * `out` is freed with `vn_string_free`.
 */
vn_status vn_text_sentiment(const char *content, char **out, vn_error **err);

/**
 * Readability formulas of an English text as a JSON object, `null` for a text without words. `preset` is `"fast"`,
 * `"balanced"` or `"reference"`; NULL is `"balanced"`. `out` is freed with `vn_string_free`.
 */
vn_status vn_text_readability(const char *content,
                              const char *preset,
                              char **out,
                              vn_error **err);

/**
 * The sentences of a text as a JSON array of texts. `language` is an ISO 639-1 code; with NULL, text in
 * Latin script gets English rules. `out` is freed with `vn_string_free`.
 */
vn_status vn_text_sentences(const char *content, const char *language, char **out, vn_error **err);

/**
 * The `top` best key phrases of a text (YAKE), as a JSON array of `{"phrase", "score"}`; the lower the score, the more
 * relevant. `language` is an ISO 639-1 code; NULL is English. `out` is freed with `vn_string_free`.
 */
vn_status vn_text_keywords(const char *content,
                           const char *language,
                           size_t top,
                           char **out,
                           vn_error **err);

/**
 * The hook of an opening as JSON: its text, its sub-features by name, and how much it is written like a hook (`style`), all
 * in [0, 1]. `out` is freed with `vn_string_free`.
 */
vn_status vn_text_hook(const char *content,
                       char **out,
                       vn_error **err);

/**
 * The language of a text as an ISO 639-1 code and how sure that is: `["en", 0.98]`, or `null` when the text is too short or
 * too mixed to tell. `out` is freed with `vn_string_free`.
 */
vn_status vn_text_language(const char *content,
                           char **out,
                           vn_error **err);

/**
 * The emotions of an English sentence or comment as JSON: `scores`, the probability of each of the 28 labels of GoEmotions, and
 * `labels`, those that hold, the likeliest first; `null` where the model knows no word. Its macro-F1 is 0.482, its micro-F1
 * 0.562. `out` is freed with `vn_string_free`.
 */
vn_status vn_text_emotions(const char *content,
                           char **out,
                           vn_error **err);

/**
 * Which of two English headlines for one story would be clicked more, as JSON: `better` (`"first"`, `"second"` or `null`) and
 * `probability`, that of the first, if one of them clearly wins. Right for 66.9 % of pairs with a clear winner in
 * cross-validation over one site's A/B tests; it says nothing about two stories. `out` is freed with `vn_string_free`.
 */
vn_status vn_text_hook_ab(const char *first,
                          const char *second,
                          char **out,
                          vn_error **err);

/**
 * A post taken apart, as a JSON object: `text` (its words as one reads them), `emoji`, `hashtags`, `mentions`, `urls`,
 * `calls_to_action`, `prices`, `discounts_percent`. `out` is freed with `vn_string_free`.
 */
vn_status vn_text_normalise(const char *content,
                            char **out,
                            vn_error **err);

/**
 * One of these functions on many texts at once, as a JSON array of what it gives for each. `function` is its name:
 * `"sentiment"`, `"emotions"`, `"readability"`, `"sentences"`, `"keywords"`, `"hook"`, `"hook_ab"`, `"language"`, `"normalise"`.
 * Settings: text (an array of texts; of `"hook_ab"` first and second), and those of the function: preset, language, top (10).
 * `out` is freed with `vn_features_free`.
 */
vn_status vn_text_many(const char *function,
                       const char *settings,
                       vn_features **out,
                       vn_error **err);

/**
 * Sentence embeddings: the array `embeddings` of one row for each text (`vn_features_vectors_at`), each of length 1; `engine` and
 * `size` as JSON. Blocks until it is done; `progress` is told how far it is, and may stop it; NULL is none. Settings: texts, model
 * (a folder, or the name of a known model; all-MiniLM-L6-v2), threads (0: all cores). `out` is freed with `vn_features_free`.
 */
vn_status vn_text_embed(const char *settings,
                        vn_progress_fn progress,
                        void *user_data,
                        vn_features **out,
                        vn_error **err);

/**
 * Speech as text, of a file or of many: `segments`, `language`, `language_probability`, `duration_s`, `skipped` and `missing` as
 * JSON, or an array of these, where a file that fails has an `error` with `code` and `message`. Blocks until it is done;
 * `progress` is told how far it is, and may stop it; NULL is none. Settings: path, or paths; model (a folder with a Whisper
 * model, or the name of a known one; whisper-base), language, task (transcribe, translate), prompt, word_times, vad,
 * condition_on_previous_text, temperatures, compression_ratio_threshold, log_probability_threshold, no_speech_threshold (null is
 * none), seed, threads (0: all cores), limits.
 * `out` is freed with `vn_features_free`.
 */
vn_status vn_text_transcribe(const char *settings,
                             vn_progress_fn progress,
                             void *user_data,
                             vn_features **out,
                             vn_error **err);

/**
 * Speech as text, of samples: as `vn_text_transcribe`, without path, paths, limits and progress.
 */
vn_status vn_text_transcribe_samples(const vn_raw_audio *sound,
                                     const char *settings,
                                     vn_features **out,
                                     vn_error **err);

/**
 * The version of the library that runs, such as `"0.1.0"`. A program compares it with `VN_VERSION` of the header that it
 * was compiled with. Static, never freed.
 */
const char *vn_version(void);

/**
 * What this build can do and what it found on this machine, as JSON: version, features built, versions of FFmpeg, ONNX
 * Runtime and tesseract, models found. `out` is freed with `vn_string_free`.
 */
vn_status vn_info(char **out,
                  vn_error **err);

/**
 * Every feature of the payload with its path, type, unit, range and the schema version that brought it, as a JSON array.
 * `out` is freed with `vn_string_free`.
 */
vn_status vn_feature_dictionary_json(char **out,
                                     vn_error **err);

/**
 * The JSON Schema (2020-12) of the payload. `out` is freed with `vn_string_free`.
 */
vn_status vn_json_schema(char **out, vn_error **err);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* VIRALNOW_H */
