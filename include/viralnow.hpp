/**
 * @file viralnow.hpp
 * ViralNow for C++17: `viralnow.h` with owning handles, exceptions and `std::function`. Header only; link with libviralnow.
 *
 * @code
 *     auto analysis = viralnow::analyze("clip.mp4", viralnow::Options().threads(2));
 *     std::cout << analysis.score().value_or(0) << '\n' << analysis.json() << '\n';
 * @endcode
 *
 * Failures are thrown as `viralnow::Error`. Objects own what they stand for and free it; what is returned by
 * `std::string_view` or by pointer lives as long as the object that gave it. `viralnow.h` says what each call does.
 */
#ifndef VIRALNOW_HPP
#define VIRALNOW_HPP

#include "viralnow.h"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace viralnow {

/** What went wrong. `what()` is the message for people. */
class Error : public std::runtime_error {
public:
    /** An error as the library gives it. */
    explicit Error(const vn_error *error)
        : std::runtime_error(vn_error_message(error)), status_(vn_error_status(error)), code_(vn_error_code(error)),
          retryable_(vn_error_retryable(error))
    {
        for (std::size_t i = 0; i < vn_error_context_count(error); ++i) {
            context_.emplace_back(vn_error_context_key(error, i), vn_error_context_value(error, i));
        }
    }

    /** An error of this header. */
    Error(vn_status status, const std::string &message)
        : std::runtime_error(message), status_(status), code_(vn_status_code(status)), retryable_(false)
    {
    }

    /** The number to branch on. */
    vn_status status() const noexcept { return status_; }
    /** The stable code, the same in every language, such as `"NOT_FOUND"`. */
    const std::string &code() const noexcept { return code_; }
    /** Whether the same call may succeed when tried again. */
    bool retryable() const noexcept { return retryable_; }
    /** Facts such as the path or the stream, in order. */
    const std::vector<std::pair<std::string, std::string>> &context() const noexcept { return context_; }

private:
    vn_status status_;
    std::string code_;
    bool retryable_;
    std::vector<std::pair<std::string, std::string>> context_;
};

namespace detail {

/** Calls a function of the C interface that takes `vn_error **` last, and throws what it reports. */
template <class Call> void call(Call &&function)
{
    vn_error *error = nullptr;
    if (function(&error) != VN_STATUS_OK) {
        std::unique_ptr<vn_error, void (*)(vn_error *)> owned(error, vn_error_free);
        throw Error(error);
    }
}

/** Calls a function that gives a text through `char **out`. */
template <class Call> std::string text(Call &&function)
{
    char *out = nullptr;
    call([&](vn_error **error) { return function(&out, error); });
    std::unique_ptr<char, void (*)(char *)> owned(out, vn_string_free);
    return out ? std::string(out) : std::string();
}

/** The text as C takes it; one with a NUL inside would be cut silently. */
inline const char *c(const std::string &text)
{
    if (text.find('\0') != std::string::npos) {
        throw Error(VN_STATUS_INVALID_INPUT, "the text has a NUL inside");
    }
    return text.c_str();
}

inline const char *c(const std::optional<std::string> &text) { return text ? c(*text) : nullptr; }

/** What a progress callback threw, until the call on this thread is over. */
inline std::exception_ptr &thrown()
{
    static thread_local std::exception_ptr exception;
    return exception;
}

/** A call that may run the host's callbacks: their exceptions come out of it. */
template <class Call> void watched(Call &&function)
{
    thrown() = nullptr;
    try {
        call(std::forward<Call>(function));
    } catch (const Error &) {
        if (auto exception = std::exchange(thrown(), nullptr)) {
            std::rethrow_exception(exception);
        }
        throw;
    }
}

} // namespace detail

/** Frame-level features: `rows` moments of `columns` values. Keeps the result that it is part of alive. */
class Vectors {
public:
    Vectors(const vn_vectors &vectors, std::shared_ptr<const void> owner)
        : vectors_(vectors), owner_(std::move(owner))
    {
    }

    /** The modality, such as `"audio"`; empty for what a function on samples gives. */
    std::string_view modality() const { return vectors_.modality == nullptr ? "" : vectors_.modality; }
    /** The name, such as `"mfcc"`. */
    std::string_view name() const { return vectors_.name; }
    /** The unit of the values. */
    std::string_view unit() const { return vectors_.unit; }
    /** Moments. */
    std::size_t rows() const noexcept { return vectors_.rows; }
    /** Values per moment. */
    std::size_t columns() const noexcept { return vectors_.columns; }
    /** All values, row by row; NaN marks an undefined one. */
    const float *data() const noexcept { return vectors_.data; }
    /** The values of one moment. */
    const float *row(std::size_t row) const noexcept { return vectors_.data + row * vectors_.columns; }
    /** Presentation time of each row's centre, in seconds; null where there are none, as of samples. */
    const double *times_s() const noexcept { return vectors_.times_s; }
    /** One value. */
    float operator()(std::size_t row, std::size_t column) const noexcept
    {
        return vectors_.data[row * vectors_.columns + column];
    }

private:
    vn_vectors vectors_;
    std::shared_ptr<const void> owner_;
};

/** The result of one call. Cheap to copy; safe to read from several threads. */
class Analysis {
public:
    explicit Analysis(vn_analysis *handle) : handle_(handle, vn_analysis_free) {}
    explicit Analysis(std::shared_ptr<const vn_analysis> handle) : handle_(std::move(handle)) {}

    /** The payload as JSON. */
    std::string_view json() const { return vn_analysis_json(handle_.get()); }
    /** The host's id of the asset, or the one derived from its content. */
    std::string_view asset_id() const { return vn_analysis_asset_id(handle_.get()); }
    /** Whether everything that the asset has was analysed. */
    vn_asset_status status() const noexcept { return vn_analysis_status(handle_.get()); }

    /** The content score in [0, 100], if there was something to score. */
    std::optional<double> score() const
    {
        double score = 0;
        return vn_analysis_score(handle_.get(), &score) ? std::optional<double>(score) : std::nullopt;
    }

    /** The readable report for a terminal of this many columns. */
    std::string report(std::size_t columns = 80) const
    {
        return detail::text([&](char **out, vn_error **error) {
            return vn_analysis_report(handle_.get(), columns, out, error);
        });
    }

    /** What happens when, as an SVG document; empty where the asset has no length in time. */
    std::string timeline() const
    {
        return detail::text(
            [&](char **out, vn_error **error) { return vn_analysis_timeline(handle_.get(), out, error); });
    }

    /** The report as a fragment of HTML. */
    std::string report_html() const
    {
        return detail::text(
            [&](char **out, vn_error **error) { return vn_analysis_report_html(handle_.get(), out, error); });
    }

    /** The frame-level features of this name; throws `NOT_FOUND` when there are none. */
    Vectors vectors(const std::string &modality, const std::string &name) const
    {
        vn_vectors vectors;
        detail::call([&](vn_error **error) {
            return vn_analysis_vectors(handle_.get(), detail::c(modality), detail::c(name), &vectors, error);
        });
        return Vectors(vectors, handle_);
    }

    /** All frame-level features, sorted by modality and name. */
    std::vector<Vectors> vectors() const
    {
        std::vector<Vectors> all;
        for (std::size_t i = 0; i < vn_analysis_vectors_count(handle_.get()); ++i) {
            vn_vectors vectors;
            detail::call(
                [&](vn_error **error) { return vn_analysis_vectors_at(handle_.get(), i, &vectors, error); });
            all.emplace_back(vectors, handle_);
        }
        return all;
    }

    /** The handle, which stays ours. */
    const vn_analysis *get() const noexcept { return handle_.get(); }

private:
    std::shared_ptr<const vn_analysis> handle_;
};

/** The results of many assets, in the order in which they were given. */
class Batch {
public:
    explicit Batch(vn_batch *handle) : handle_(handle, vn_batch_free) {}

    /** Entries, as many as sources. */
    std::size_t size() const noexcept { return vn_batch_count(handle_.get()); }
    /** What became of an entry. */
    vn_status status(std::size_t index) const noexcept { return vn_batch_status(handle_.get(), index); }

    /** The analysis of an entry; throws the entry's error when it failed, `std::out_of_range` when there is none. */
    Analysis operator[](std::size_t index) const
    {
        if (index >= size()) {
            throw std::out_of_range("the batch has no such entry");
        }
        if (const vn_error *error = vn_batch_error(handle_.get(), index)) {
            throw Error(error);
        }
        return Analysis(std::shared_ptr<const vn_analysis>(handle_, vn_batch_analysis(handle_.get(), index)));
    }

    /** The error of an entry, if it failed. */
    std::optional<Error> error(std::size_t index) const
    {
        const vn_error *error = vn_batch_error(handle_.get(), index);
        return error != nullptr ? std::optional<Error>(Error(error)) : std::nullopt;
    }

    /** The flat row of an entry as a JSON object; all rows have the same columns. */
    std::string row_json(std::size_t index) const
    {
        return detail::text(
            [&](char **out, vn_error **error) { return vn_batch_row_json(handle_.get(), index, out, error); });
    }

private:
    std::shared_ptr<const vn_batch> handle_;
};

/** Stops calls from another thread. Copies stand for the same token. */
class CancelToken {
public:
    CancelToken() : handle_(vn_cancel_token_new(), vn_cancel_token_free) {}

    /** Asks every call that holds this token to stop. */
    void cancel() const noexcept { vn_cancel_token_cancel(handle_.get()); }
    /** Whether it was asked. */
    bool cancelled() const noexcept { return vn_cancel_token_is_cancelled(handle_.get()); }
    /** The handle, which stays ours. */
    const vn_cancel_token *get() const noexcept { return handle_.get(); }

private:
    std::shared_ptr<vn_cancel_token> handle_;
};

/** Keeps every span, event and progress report of the calls that it watches. Copies stand for the same monitor. */
class MemoryMonitor {
public:
    MemoryMonitor() : handle_(vn_memory_monitor_new(), vn_memory_monitor_free) {}

    /** Everything kept so far, in order, as a JSON array. */
    std::string records_json() const
    {
        return detail::text(
            [&](char **out, vn_error **error) { return vn_memory_monitor_records_json(handle_.get(), out, error); });
    }

    /** Every span kept so far, as a JSON array. */
    std::string spans_json() const
    {
        return detail::text(
            [&](char **out, vn_error **error) { return vn_memory_monitor_spans_json(handle_.get(), out, error); });
    }

    /** Forgets everything kept so far. */
    void clear() const noexcept { vn_memory_monitor_clear(handle_.get()); }
    /** The handle, which stays ours. */
    const vn_memory_monitor *get() const noexcept { return handle_.get(); }

private:
    std::shared_ptr<vn_memory_monitor> handle_;
};

/** A store of payloads in one SQLite file. Copies stand for the same store. */
class Store {
public:
    /** Opens the file, which is made when it is not there. */
    explicit Store(const std::string &path)
    {
        vn_store *handle = nullptr;
        detail::call([&](vn_error **error) { return vn_store_open(detail::c(path), &handle, error); });
        handle_.reset(handle, vn_store_free);
    }

    /** Writes the payload of an analysis; twice is one row. */
    void put(const Analysis &analysis) const
    {
        detail::call([&](vn_error **error) { return vn_store_put(handle_.get(), analysis.get(), error); });
    }

    /** The newest payload of an asset, without frame-level features; nothing when there is none. */
    std::optional<Analysis> get(const std::string &asset_id) const
    {
        vn_analysis *handle = nullptr;
        try {
            detail::call([&](vn_error **error) {
                return vn_store_get(handle_.get(), detail::c(asset_id), &handle, error);
            });
        } catch (const Error &error) {
            if (error.status() == VN_STATUS_NOT_FOUND) {
                return std::nullopt;
            }
            throw;
        }
        return Analysis(handle);
    }

    /** The ids of at most `limit` assets after `after`, sorted, as a JSON array. */
    std::string list_json(std::size_t limit, const std::optional<std::string> &after = std::nullopt) const
    {
        return detail::text([&](char **out, vn_error **error) {
            return vn_store_list_json(handle_.get(), detail::c(after), limit, out, error);
        });
    }

    /** Removes every trace of an asset; says whether there was one. */
    bool erase(const std::string &asset_id) const
    {
        bool erased = false;
        detail::call([&](vn_error **error) {
            return vn_store_erase(handle_.get(), detail::c(asset_id), &erased, error);
        });
        return erased;
    }

    /** The handle, which stays ours. */
    const vn_store *get() const noexcept { return handle_.get(); }

private:
    std::shared_ptr<vn_store> handle_;
};

/** How far a call is. */
struct Progress {
    /** The share that is done, in [0, 1]. */
    double fraction;
    /** The stage that is going on; valid during the callback. */
    std::string_view stage;
    /** Seconds since the start. */
    double elapsed_s;
    /** Seconds that remain at the present pace, once it can be told. */
    std::optional<double> eta_s;
    /** Assets finished. */
    std::size_t items_done;
    /** Assets in all. */
    std::size_t items_total;
};

/**
 * A modality of the host: one object for each asset, used by one thread at a time. What its functions throw is the
 * modality's error in the payload (`HOST_FAILED`); the other modalities go on.
 */
class Extractor {
public:
    virtual ~Extractor() = default;
    /** Called once, before anything else, with the facts of the file as JSON. */
    virtual void begin(std::string_view info_json) { static_cast<void>(info_json); }
    /** Sound: `count` samples of 16 kHz mono; blocks join without gap or overlap. */
    virtual void audio(const float *mono16k, std::size_t count, double start_s)
    {
        static_cast<void>(mono16k), static_cast<void>(count), static_cast<void>(start_s);
    }
    /** A picture, upright: packed red, green, blue; row `r` starts at `rgb + r * stride`. */
    virtual void frame(const std::uint8_t *rgb, std::size_t width, std::size_t height, std::size_t stride, double time_s)
    {
        static_cast<void>(rgb), static_cast<void>(width), static_cast<void>(height), static_cast<void>(stride),
            static_cast<void>(time_s);
    }
    /** A caption. */
    virtual void cue(double start_s, double end_s, std::string_view text)
    {
        static_cast<void>(start_s), static_cast<void>(end_s), static_cast<void>(text);
    }
    /** The end: gives the summary, a JSON object. */
    virtual std::string finish(std::string_view shared_json) = 0;
};

/** Settings of calls. Setters give the object back, so that they can be chained; copies are independent. */
class Options {
public:
    Options() : handle_(vn_options_new(), vn_options_free) {}
    Options(const Options &other)
        : handle_(vn_options_clone(other.get()), vn_options_free), progress_(other.progress_),
          extractors_(other.extractors_)
    {
    }
    Options(Options &&) noexcept = default;
    Options &operator=(Options other) noexcept
    {
        handle_.swap(other.handle_);
        progress_.swap(other.progress_);
        extractors_.swap(other.extractors_);
        return *this;
    }
    ~Options() = default;

    /** `"fast"`, `"balanced"` or `"reference"`. */
    Options &preset(const std::string &name) { return set(vn_options_set_preset, detail::c(name)); }
    /** Threads; 0 is all cores. */
    Options &threads(std::size_t threads) { return set(vn_options_set_threads, threads); }
    /** The model that recognises speech: a folder, or the name of a known one. */
    Options &speech_model(const std::string &model) { return set(vn_options_set_speech_model, detail::c(model)); }
    /** Language of the text on screen, such as `"en+de"`. */
    Options &text_language(const std::string &language) { return set(vn_options_set_text_language, detail::c(language)); }
    /** Whether frame-level features are kept beside the payload. */
    Options &keep_vectors(bool keep) { return set(vn_options_set_keep_vectors, keep); }
    /** Which modalities to compute. */
    Options &modalities(const std::vector<std::string> &names)
    {
        // Not NULL for an empty list, which is refused: all modalities are the default.
        std::vector<const char *> pointers{nullptr};
        for (const auto &name : names) {
            pointers.push_back(detail::c(name));
        }
        return set(vn_options_set_modalities, pointers.data() + 1, names.size());
    }
    /** What one input may cost, by the limit's name, such as `"max_duration_s"`. */
    Options &limit(const std::string &name, double value) { return set(vn_options_set_limit, detail::c(name), value); }
    /** ISO 639-1 code of the text; nothing to detect it. */
    Options &language(const std::optional<std::string> &code) { return set(vn_options_set_language, detail::c(code)); }
    /** The host's id of the asset. */
    Options &asset_id(const std::optional<std::string> &id) { return set(vn_options_set_asset_id, detail::c(id)); }
    /** Ties the call to the host's own job. */
    Options &correlation_id(const std::optional<std::string> &id)
    {
        return set(vn_options_set_correlation_id, detail::c(id));
    }
    /** What the host knows of the asset; `platform` is one of youtube, tiktok, instagram, x and other. */
    Options &meta(const std::optional<std::string> &user_id, const std::optional<std::string> &platform,
                  const std::optional<std::string> &source_url)
    {
        return set(vn_options_set_meta, detail::c(user_id), detail::c(platform), detail::c(source_url));
    }
    /** Text written with the asset. */
    Options &text(const std::optional<std::string> &text) { return set(vn_options_set_text, detail::c(text)); }
    /** A caption file. */
    Options &captions_path(const std::optional<std::string> &path)
    {
        return set(vn_options_set_captions_path, detail::c(path));
    }
    /** The content of a caption file. */
    Options &captions_text(const std::optional<std::string> &content)
    {
        return set(vn_options_set_captions_text, detail::c(content));
    }
    /** Writes every payload to this store, and skips work that is already there. */
    Options &store(const Store &store) { return set(vn_options_set_store, store.get()); }
    /** Sends spans, events and progress to this monitor. */
    Options &monitor(const MemoryMonitor &monitor) { return set(vn_options_set_monitor, monitor.get()); }
    /** Lets another thread stop the calls. */
    Options &cancel_token(const CancelToken &token) { return set(vn_options_set_cancel_token, token.get()); }

    /** Called at most 20 times a second on the thread that made the call, for `Live` on that of the analysis; false stops
     *  it, and so does an exception, which then comes out of the call, for `Live` out of `finish`. */
    Options &on_progress(std::function<bool(const Progress &)> callback)
    {
        auto owned = std::make_shared<std::function<bool(const Progress &)>>(std::move(callback));
        set(vn_options_set_progress, *owned ? progress : nullptr, static_cast<void *>(owned.get()));
        progress_ = std::move(owned);
        return *this;
    }

    /** Adds a modality of the host. `wants` joins `VN_WANTS_AUDIO` and the others; the factory makes one object for each
     *  asset, and may be called from several threads. */
    Options &extractor(const std::string &modality, const std::string &version, std::uint32_t wants,
                       std::function<std::unique_ptr<Extractor>()> factory)
    {
        auto owned = std::make_shared<Factory>(std::move(factory));
        vn_extractor table{};
        table.struct_size = sizeof table;
        table.modality = detail::c(modality);
        table.version = detail::c(version);
        table.wants = wants;
        table.user_data = owned.get();
        table.create = Instance::create;
        table.begin = Instance::begin;
        table.audio = Instance::audio;
        table.frame = Instance::frame;
        table.cue = Instance::cue;
        table.finish = Instance::finish;
        table.destroy = Instance::destroy;
        set(vn_options_add_extractor, &table);
        extractors_.push_back(std::move(owned));
        return *this;
    }

    /** The handle, which stays ours. */
    const vn_options *get() const noexcept { return handle_.get(); }

private:
    friend class Live;
    using Factory = std::function<std::unique_ptr<Extractor>()>;

    template <class Setter, class... Values> Options &set(Setter setter, Values... values)
    {
        detail::call([&](vn_error **error) { return setter(handle_.get(), values..., error); });
        return *this;
    }

    static bool progress(const vn_progress *progress, void *user_data)
    {
        try {
            auto eta_s = progress->eta_s < 0 ? std::nullopt : std::optional<double>(progress->eta_s);
            return (*static_cast<std::function<bool(const Progress &)> *>(user_data))(
                Progress{progress->fraction, progress->stage, progress->elapsed_s, eta_s, progress->items_done,
                         progress->items_total});
        } catch (...) {
            detail::thrown() = std::current_exception();
            return false;
        }
    }

    /** An extractor behind the functions of C: no exception leaves them. */
    struct Instance {
        std::unique_ptr<Extractor> extractor;
        std::string summary;
        std::string message;

        static void *create(void *factory)
        {
            std::unique_ptr<Instance> instance;
            try {
                instance = std::make_unique<Instance>();
                instance->message = "the factory made no extractor";
                instance->extractor = (*static_cast<Factory *>(factory))();
            } catch (const std::exception &exception) {
                if (instance != nullptr) {
                    instance->message = exception.what();
                }
            } catch (...) {
                instance->message = "the factory threw something that is no std::exception";
            }
            return instance.release();
        }

        template <class Body> static const char *guarded(void *pointer, Body &&body)
        {
            auto &instance = *static_cast<Instance *>(pointer);
            if (instance.extractor == nullptr) {
                return instance.message.c_str();
            }
            try {
                body(instance);
                return nullptr;
            } catch (const std::exception &exception) {
                instance.message = exception.what();
            } catch (...) {
                instance.message = "the extractor threw something that is no std::exception";
            }
            return instance.message.c_str();
        }

        static const char *begin(void *pointer, const char *info_json)
        {
            return guarded(pointer, [&](Instance &instance) { instance.extractor->begin(info_json); });
        }
        static const char *audio(void *pointer, const float *mono16k, std::size_t count, double start_s)
        {
            return guarded(pointer, [&](Instance &instance) { instance.extractor->audio(mono16k, count, start_s); });
        }
        static const char *frame(void *pointer, const std::uint8_t *rgb, std::size_t width, std::size_t height,
                                 std::size_t stride, double time_s)
        {
            return guarded(pointer, [&](Instance &instance) {
                instance.extractor->frame(rgb, width, height, stride, time_s);
            });
        }
        static const char *cue(void *pointer, double start_s, double end_s, const char *text)
        {
            return guarded(pointer, [&](Instance &instance) { instance.extractor->cue(start_s, end_s, text); });
        }
        static const char *finish(void *pointer, const char *shared_json, const char **summary_json)
        {
            return guarded(pointer, [&](Instance &instance) {
                instance.summary = instance.extractor->finish(shared_json);
                *summary_json = instance.summary.c_str();
            });
        }
        static void destroy(void *pointer) { delete static_cast<Instance *>(pointer); }
    };

    std::unique_ptr<vn_options, void (*)(vn_options *)> handle_;
    std::shared_ptr<std::function<bool(const Progress &)>> progress_;
    std::vector<std::shared_ptr<Factory>> extractors_;
};

namespace detail {

template <class Call> Analysis analysis(Call &&function)
{
    vn_analysis *out = nullptr;
    watched([&](vn_error **error) { return function(&out, error); });
    return Analysis(out);
}

} // namespace detail

/** Analyses one local file. */
inline Analysis analyze(const std::string &path, const Options &options = Options())
{
    return detail::analysis([&](vn_analysis **out, vn_error **error) {
        return vn_analyze(detail::c(path), options.get(), out, error);
    });
}

/** Analyses the content of a file. */
inline Analysis analyze_bytes(const std::uint8_t *bytes, std::size_t count, const Options &options = Options())
{
    return detail::analysis([&](vn_analysis **out, vn_error **error) {
        return vn_analyze_bytes(bytes, count, options.get(), out, error);
    });
}

/** Analyses the content of a file. */
inline Analysis analyze_bytes(const std::vector<std::uint8_t> &bytes, const Options &options = Options())
{
    return analyze_bytes(bytes.data(), bytes.size(), options);
}

/** Analyses a text alone. */
inline Analysis analyze_text(const std::string &content, const Options &options = Options())
{
    return detail::analysis([&](vn_analysis **out, vn_error **error) {
        return vn_analyze_text(detail::c(content), options.get(), out, error);
    });
}

/** Analyses samples and frames that the host has decoded; one of the two may be NULL. */
inline Analysis analyze_raw(const vn_raw_audio *audio, const vn_raw_frames *frames, const Options &options = Options())
{
    return detail::analysis([&](vn_analysis **out, vn_error **error) {
        return vn_analyze_raw(audio, frames, options.get(), out, error);
    });
}

/** An analysis of sound that is still to come; destroyed without `finish`, it is cancelled. Callbacks of its options run on
 *  the thread of the analysis, not on the one that pushes; it keeps a copy of the options, so that they outlive it. */
class Live {
public:
    /** Begins it: interleaved samples at this rate will be pushed. */
    Live(std::uint32_t sample_rate, std::uint16_t channels, const Options &options = Options())
        : state_(std::make_unique<State>(options))
    {
        vn_live *out = nullptr;
        detail::call([&](vn_error **error) {
            return vn_live_new(sample_rate, channels, state_->options.get(), &out, error);
        });
        state_->handle.reset(out);
    }

    /** Hands samples over, and says whether the analysis still listens. */
    bool push(const float *samples, std::size_t samples_count)
    {
        bool listening = false;
        detail::call([&](vn_error **error) { return vn_live_push(handle(), samples, samples_count, &listening, error); });
        return listening;
    }

    /** Ends the stream and gives the features of all that was pushed. What the progress callback threw comes out of it. */
    Analysis finish()
    {
        vn_analysis *out = nullptr;
        try {
            detail::call([&](vn_error **error) { return vn_live_finish(handle(), &out, error); });
        } catch (const Error &) {
            // The analysis is over and its thread is joined: nothing writes there any more.
            if (auto exception = state_ ? std::exchange(state_->thrown, nullptr) : nullptr) {
                std::rethrow_exception(exception);
            }
            throw;
        }
        return Analysis(out);
    }

private:
    /** In one place that never moves: the callbacks point into it from the thread of the analysis. */
    struct State {
        explicit State(const Options &given) : options(given), handle(nullptr, vn_live_free)
        {
            if (auto callback = options.progress_; callback && *callback) {
                options.on_progress([this, callback](const Progress &progress) {
                    try {
                        return (*callback)(progress);
                    } catch (...) {
                        thrown = std::current_exception();
                        return false;
                    }
                });
            }
        }

        Options options;
        std::exception_ptr thrown;
        // Last, so that it is freed first, which ends the thread.
        std::unique_ptr<vn_live, void (*)(vn_live *)> handle;
    };

    vn_live *handle() const noexcept { return state_ ? state_->handle.get() : nullptr; }

    std::unique_ptr<State> state_;
};

/** What a function on samples gives: plain data as JSON, arrays by name. Cheap to copy. */
class Features {
public:
    explicit Features(vn_features *handle) : handle_(handle, vn_features_free) {}

    /** The plain data as JSON; `null` where there are only arrays. */
    std::string_view json() const { return vn_features_json(handle_.get()); }
    /** The array of this name; without a name, the only one. */
    Vectors vectors(const std::optional<std::string> &name = std::nullopt) const
    {
        vn_vectors found{};
        detail::call([&](vn_error **error) {
            return vn_features_vectors(handle_.get(), detail::c(name), &found, error);
        });
        return Vectors(found, handle_);
    }

private:
    std::shared_ptr<const vn_features> handle_;
};

/** A function on samples of the C interface, such as `vn_audio_mfcc`. */
using OnSamples = vn_status (*)(const vn_raw_audio *, const char *, vn_features **, vn_error **);

/** Calls it: `viralnow::features(vn_audio_mfcc, sound, R"({"n_mfcc": 13})")`. */
inline Features features(OnSamples function, const vn_raw_audio &sound, const std::optional<std::string> &settings = std::nullopt)
{
    vn_features *out = nullptr;
    detail::call([&](vn_error **error) { return function(&sound, detail::c(settings), &out, error); });
    return Features(out);
}

/** A function on sound that is pushed as it comes. */
class SoundStream {
public:
    /** Begins it: `audio.loudness`, `audio.fingerprint` or `voice.activity`. */
    SoundStream(const std::string &name, std::uint32_t sample_rate, std::uint16_t channels = 1,
                const std::optional<std::string> &settings = std::nullopt)
        : handle_(nullptr, vn_sound_stream_free)
    {
        vn_sound_stream *out = nullptr;
        detail::call([&](vn_error **error) {
            return vn_sound_stream_new(detail::c(name), sample_rate, channels, detail::c(settings), &out, error);
        });
        handle_.reset(out);
    }

    /** Takes interleaved samples. */
    void push(const float *samples, std::size_t samples_count)
    {
        detail::call([&](vn_error **error) {
            return vn_sound_stream_push(handle_.get(), samples, samples_count, error);
        });
    }
    /** What is known so far. */
    Features now() const
    {
        vn_features *out = nullptr;
        detail::call([&](vn_error **error) { return vn_sound_stream_now(handle_.get(), &out, error); });
        return Features(out);
    }
    /** What the function gives for all that was pushed. It takes nothing more. */
    Features finish()
    {
        vn_features *out = nullptr;
        detail::call([&](vn_error **error) { return vn_sound_stream_finish(handle_.get(), &out, error); });
        return Features(out);
    }

private:
    std::unique_ptr<vn_sound_stream, void (*)(vn_sound_stream *)> handle_;
};

/** Sounds by their fingerprints: which of them is heard in a clip, and where. */
class SoundIndex {
public:
    /** An empty index. */
    SoundIndex() : handle_(vn_sound_index_new(), vn_sound_index_free) {}

    /** Reads what `save` wrote. */
    static SoundIndex load(const std::string &path)
    {
        vn_sound_index *out = nullptr;
        detail::call([&](vn_error **error) { return vn_sound_index_load(detail::c(path), &out, error); });
        SoundIndex index;
        index.handle_.reset(out);
        return index;
    }

    /** Writes the index to a file. */
    void save(const std::string &path) const
    {
        detail::call([&](vn_error **error) { return vn_sound_index_save(handle_.get(), detail::c(path), error); });
    }
    /** Adds a sound, or replaces the one of this name; the fingerprint is the `base64` of `vn_audio_fingerprint`. */
    void add(const std::string &id, const std::string &fingerprint)
    {
        detail::call([&](vn_error **error) {
            return vn_sound_index_add(handle_.get(), detail::c(id), detail::c(fingerprint), error);
        });
    }
    /** Takes a sound out; says whether there was one. */
    bool remove(const std::string &id)
    {
        bool removed = false;
        detail::call([&](vn_error **error) {
            return vn_sound_index_remove(handle_.get(), detail::c(id), &removed, error);
        });
        return removed;
    }
    /** The sounds that are heard in this one, best first, as a JSON array. */
    std::string query_json(const std::string &fingerprint, std::size_t limit = 10) const
    {
        return detail::text([&](char **out, vn_error **error) {
            return vn_sound_index_query_json(handle_.get(), detail::c(fingerprint), limit, out, error);
        });
    }
    /** How many sounds there are. */
    std::size_t size() const noexcept { return vn_sound_index_count(handle_.get()); }

private:
    std::unique_ptr<vn_sound_index, void (*)(vn_sound_index *)> handle_;
};

/** One asset of a batch: a path, bytes, or text alone. */
struct Source {
    /** A local file. */
    std::optional<std::string> path;
    /** The content of a file, instead of its path. */
    std::optional<std::vector<std::uint8_t>> bytes;
    /** Text written with the asset, or the asset itself. */
    std::optional<std::string> text;
    /** A caption file that goes with it. */
    std::optional<std::string> captions_path;

    Source() = default;
    /** A local file. */
    Source(std::string file) : path(std::move(file)) {}
    /** A local file. */
    Source(const char *file) : path(file) {}
};

/** Analyses many assets, as many at a time as the options have threads; a bad one never stops the batch. Throws when the host
 *  cancels it: what was finished by then is lost, unless the options have a store, which has it. */
inline Batch analyze_many(const std::vector<Source> &sources, const Options &options = Options(), double timeout_s = 0)
{
    std::vector<vn_source> pointers;
    for (const auto &source : sources) {
        vn_source pointer{};
        pointer.path = detail::c(source.path);
        pointer.text = detail::c(source.text);
        pointer.captions_path = detail::c(source.captions_path);
        if (source.bytes) {
            pointer.bytes = source.bytes->data();
            pointer.bytes_count = source.bytes->size();
        }
        pointers.push_back(pointer);
    }
    vn_batch *out = nullptr;
    detail::watched([&](vn_error **error) {
        return vn_analyze_many(pointers.data(), pointers.size(), timeout_s, options.get(), &out, error);
    });
    return Batch(out);
}

/** The version of the library that runs. */
inline std::string version() { return vn_version(); }
/** What this build can do and what it found on this machine, as JSON. */
inline std::string info_json() { return detail::text(vn_info); }
/** Every feature of the payload, as a JSON array. */
inline std::string feature_dictionary_json() { return detail::text(vn_feature_dictionary_json); }
/** The JSON Schema of the payload. */
inline std::string json_schema() { return detail::text(vn_json_schema); }

/** The text functions by themselves; results are JSON. */
namespace text {

/** VADER sentiment of an English text. */
inline std::string sentiment(const std::string &content)
{
    return detail::text(
        [&](char **out, vn_error **error) { return vn_text_sentiment(detail::c(content), out, error); });
}

/** Readability formulas of an English text; `null` for a text without words. */
inline std::string readability(const std::string &content, const std::string &preset = "balanced")
{
    return detail::text([&](char **out, vn_error **error) {
        return vn_text_readability(detail::c(content), detail::c(preset), out, error);
    });
}

/** The sentences of a text. */
inline std::string sentences(const std::string &content, const std::optional<std::string> &language = std::nullopt)
{
    return detail::text([&](char **out, vn_error **error) {
        return vn_text_sentences(detail::c(content), detail::c(language), out, error);
    });
}

/** The `top` best key phrases of a text. */
inline std::string keywords(const std::string &content, std::size_t top,
                            const std::optional<std::string> &language = std::nullopt)
{
    return detail::text([&](char **out, vn_error **error) {
        return vn_text_keywords(detail::c(content), detail::c(language), top, out, error);
    });
}

/** The hook of an opening. */
inline std::string hook(const std::string &content)
{
    return detail::text([&](char **out, vn_error **error) { return vn_text_hook(detail::c(content), out, error); });
}

/** The 28 emotions of an English sentence or comment, and those that hold. */
inline std::string emotions(const std::string &content)
{
    return detail::text(
        [&](char **out, vn_error **error) { return vn_text_emotions(detail::c(content), out, error); });
}

/** Which of two English headlines for one story would be clicked more. */
inline std::string hook_ab(const std::string &first, const std::string &second)
{
    return detail::text([&](char **out, vn_error **error) {
        return vn_text_hook_ab(detail::c(first), detail::c(second), out, error);
    });
}

/** A post taken apart: its words as one reads them, emoji, hashtags, mentions, addresses, calls to action, prices. */
inline std::string normalise(const std::string &content)
{
    return detail::text(
        [&](char **out, vn_error **error) { return vn_text_normalise(detail::c(content), out, error); });
}

/** One of these functions on many texts: `viralnow::text::many("sentiment", R"({"text": ["Good.", "Bad."]})")`. */
inline Features many(const std::string &function, const std::string &settings)
{
    vn_features *out = nullptr;
    detail::call([&](vn_error **error) {
        return vn_text_many(detail::c(function), detail::c(settings), &out, error);
    });
    return Features(out);
}

/** The language of a text and how sure that is; `null` when it cannot be told. */
inline std::string language(const std::string &content)
{
    return detail::text([&](char **out, vn_error **error) { return vn_text_language(detail::c(content), out, error); });
}

} // namespace text

} // namespace viralnow

#endif
