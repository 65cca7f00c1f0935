// The C++ layer: ownership, exceptions, callbacks that throw, vectors that outlive their analysis.
#include "viralnow.hpp"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

// cpp_second.cpp: the header in a second translation unit.
std::string version_elsewhere();

namespace {

// Extractors of a live analysis check on its thread.
std::atomic<int> checks, failures;

void check(bool holds, const char *what, int line)
{
    ++checks;
    if (!holds) {
        ++failures;
        std::printf("cpp.cpp:%d: does not hold: %s\n", line, what);
    }
}

#define CHECK(condition) check((condition), #condition, __LINE__)

/** The status that a call throws; OK when it throws none. */
template <class Call> vn_status thrown(Call &&call)
{
    try {
        call();
        return VN_STATUS_OK;
    } catch (const viralnow::Error &error) {
        CHECK(error.code() == vn_status_code(error.status()));
        return error.status();
    }
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::vector<float> sine()
{
    std::vector<float> samples(32000);
    for (std::size_t n = 0; n < samples.size(); ++n) {
        samples[n] = static_cast<float>(0.5 * std::sin(2 * 3.14159265358979323846 * 440 * static_cast<double>(n) / 16000));
    }
    return samples;
}

vn_raw_audio view(const std::vector<float> &samples) { return {samples.data(), samples.size(), 16000, 1}; }

void errors()
{
    CHECK(thrown([] { viralnow::analyze("no/such/clip.mp4"); }) == VN_STATUS_NOT_FOUND);
    CHECK(thrown([] { viralnow::Options().preset("best"); }) == VN_STATUS_INVALID_CONFIG);
    CHECK(thrown([] { viralnow::Options().modalities({}); }) == VN_STATUS_INVALID_CONFIG);
    CHECK(thrown([] { viralnow::analyze_text(std::string("a\0b", 3)); }) == VN_STATUS_INVALID_INPUT);
    try {
        viralnow::analyze("no/such/clip.mp4");
    } catch (const std::runtime_error &error) {
        CHECK(has(error.what(), "no/such/clip.mp4"));
        const auto &ours = dynamic_cast<const viralnow::Error &>(error);
        CHECK(!ours.retryable() && !ours.context().empty() && ours.context()[0].first == "path");
    }
}

void analysis()
{
    auto options = viralnow::Options().asset_id("post-1").threads(1).text(std::nullopt).limit("max_duration_s", 60);
    auto analysis = viralnow::analyze_text("Did you know? We love this!", options);
    CHECK(analysis.status() == VN_ASSET_STATUS_COMPLETE);
    CHECK(analysis.asset_id() == "post-1");
    CHECK(analysis.score().value() > 0);
    CHECK(has(analysis.json(), "\"asset_id\":\"post-1\""));
    CHECK(analysis.timeline().empty()); // words have no length in time
    CHECK(!analysis.report(60).empty() && has(analysis.report_html(), "<"));
    auto copy = options; // a copy goes its own way, a move takes everything with it
    copy.asset_id("post-2");
    auto moved = std::move(options);
    CHECK(viralnow::analyze_text("Again.", moved).asset_id() == "post-1");
    CHECK(viralnow::analyze_text("Again.", copy).asset_id() == "post-2");
    moved = copy;
    CHECK(viralnow::analyze_text("Again.", moved).asset_id() == "post-2");
}

void vectors()
{
    auto samples = sine();
    auto audio = view(samples);
    std::optional<viralnow::Vectors> rms;
    {
        auto analysis = viralnow::analyze_raw(&audio, nullptr);
        CHECK(thrown([&] { analysis.vectors("audio", "smell"); }) == VN_STATUS_NOT_FOUND);
        CHECK(!analysis.vectors().empty());
        rms = analysis.vectors("audio", "rms");
    }
    // The analysis is gone, its numbers are not: a sine of amplitude 0.5 has an RMS of 0.5 / sqrt(2).
    CHECK(rms->modality() == "audio" && rms->name() == "rms" && rms->columns() == 1);
    auto middle = rms->rows() / 2;
    CHECK(std::fabs((*rms)(middle, 0) - 0.5 / std::sqrt(2.0)) < 2e-3);
    CHECK(rms->row(middle)[0] == rms->data()[middle] && rms->times_s()[middle] > 0.5);
}

void on_samples()
{
    auto samples = sine();
    std::optional<viralnow::Vectors> mfcc;
    {
        auto features = viralnow::features(vn_audio_mfcc, view(samples), R"({"n_mfcc": 13})");
        CHECK(features.json() == "null");
        CHECK(thrown([&] { features.vectors("smell"); }) == VN_STATUS_NOT_FOUND);
        mfcc = features.vectors();
    }
    CHECK(mfcc->columns() == 13 && mfcc->rows() == 63 && mfcc->modality().empty());
    CHECK(thrown([&] { viralnow::features(vn_audio_mfcc, view(samples), "{\"n_mfcc\": 0}"); }) == VN_STATUS_INVALID_CONFIG);
    // BS.1770: 440 Hz at 0.5 reads about -9.6 LUFS on one channel.
    CHECK(has(viralnow::features(vn_audio_loudness, view(samples)).json(), "\"integrated_lufs\":-9."));
    auto louder = viralnow::features(vn_audio_normalize_gain, view(samples), R"({"peak_dbfs": 0})").vectors("samples");
    CHECK(louder.rows() == samples.size() && louder.times_s() == nullptr);
    viralnow::SoundStream meter("audio.loudness", 48000);
    const std::vector<float> quiet(4800, 0.0f);
    meter.push(quiet.data(), quiet.size());
    CHECK(meter.now().json().find("momentary_lufs") != std::string_view::npos);
    CHECK(meter.finish().json().find("integrated_lufs") != std::string_view::npos);
    CHECK(thrown([&] { meter.push(quiet.data(), 1); }) == VN_STATUS_INVALID_INPUT);
    viralnow::SoundIndex index;
    CHECK(index.size() == 0 && !index.remove("nobody"));
    CHECK(thrown([&] { index.add("x", "no fingerprint"); }) == VN_STATUS_DECODE_FAILED);
    CHECK(thrown([] { viralnow::SoundIndex::load("no/such.index"); }) == VN_STATUS_NOT_FOUND);
}

void progress_and_cancelling()
{
    double last = -1;
    bool rises = true;
    viralnow::analyze_text("Watch.", viralnow::Options().on_progress([&](const viralnow::Progress &progress) {
        rises = rises && progress.fraction >= last && progress.items_total == 1;
        last = progress.fraction;
        return true;
    }));
    CHECK(rises && last == 1);
    CHECK(thrown([] {
              viralnow::analyze_text("Stop.", viralnow::Options().on_progress([](const auto &) { return false; }));
          }) == VN_STATUS_CANCELLED);

    // An exception of the callback comes out of the call.
    bool caught = false;
    try {
        viralnow::analyze_text("Throw.", viralnow::Options().on_progress([](const auto &) -> bool { throw 42; }));
    } catch (int value) {
        caught = value == 42;
    }
    CHECK(caught);

    // Cancelled before it began; from another thread it is tested in media.c.
    viralnow::CancelToken token;
    std::thread([token] { token.cancel(); }).join();
    CHECK(token.cancelled());
    CHECK(thrown([&] { viralnow::analyze_text("No.", viralnow::Options().cancel_token(token)); }) ==
          VN_STATUS_CANCELLED);
}

void batch()
{
    viralnow::Source text;
    text.text = "A good one.";
    viralnow::Source bytes;
    bytes.bytes = std::vector<std::uint8_t>{'n', 'o', 't', 'h', 'i', 'n', 'g'};
    auto batch = viralnow::analyze_many({text, "no/such/clip.mp4", bytes, text}, viralnow::Options().threads(2), 60);
    CHECK(batch.size() == 4);
    CHECK(batch.status(0) == VN_STATUS_OK && !batch.error(0));
    CHECK(batch.error(1)->status() == VN_STATUS_NOT_FOUND && has(batch.error(1)->what(), "clip.mp4"));
    CHECK(thrown([&] { batch[2]; }) == batch.status(2) && batch.status(2) != VN_STATUS_OK);
    CHECK(has(batch.row_json(1), "NOT_FOUND"));
    auto analysis = batch[3];
    batch = viralnow::analyze_many({}); // the entry keeps the batch that it belongs to
    CHECK(batch.size() == 0);
    CHECK(has(analysis.json(), "A good one."));
    bool caught = false;
    try {
        batch[0];
    } catch (const std::out_of_range &) {
        caught = true;
    }
    CHECK(caught);
}

void store()
{
    const char *folder = std::getenv("VN_TEST_FOLDER");
    auto path = std::string(folder == nullptr ? "." : folder) + "/cpp.db";
    std::remove(path.c_str());
    viralnow::Store store(path);
    auto analysis = viralnow::analyze_text("Keep me.", viralnow::Options().store(store).asset_id("kept"));
    CHECK(store.get("kept")->json() == analysis.json());
    store.put(analysis);
    CHECK(store.list_json(10) == "[\"kept\"]" && store.list_json(10, "kept") == "[]");
    CHECK(store.erase("kept") && !store.erase("kept"));
    CHECK(!store.get("kept"));
    CHECK(thrown([] { viralnow::Store("/no/such/folder/x.db"); }) != VN_STATUS_OK);
}

void monitor()
{
    viralnow::MemoryMonitor monitor;
    viralnow::analyze_text("Seen.", viralnow::Options().monitor(monitor).correlation_id("job-9"));
    CHECK(has(monitor.spans_json(), "\"analyze\"") && has(monitor.records_json(), "job-9"));
    monitor.clear();
    CHECK(monitor.records_json() == "[]");
}

class Counter : public viralnow::Extractor {
public:
    explicit Counter(bool fails) : fails_(fails) {}
    void begin(std::string_view info_json) override { CHECK(has(info_json, "\"kind\":\"audio\"")); }
    void audio(const float *, std::size_t count, double) override
    {
        if (fails_) {
            throw std::runtime_error("the counter is full");
        }
        samples_ += count;
    }
    std::string finish(std::string_view shared_json) override
    {
        CHECK(has(shared_json, "\"duration_s\""));
        return "{\"samples\": " + std::to_string(samples_) + "}";
    }

private:
    bool fails_;
    std::size_t samples_ = 0;
};

void extractor()
{
    auto samples = sine();
    auto audio = view(samples);
    auto run = [&](std::function<std::unique_ptr<viralnow::Extractor>()> factory) {
        auto options = viralnow::Options().modalities({"audio"}).extractor("counter", "1", VN_WANTS_AUDIO, std::move(factory));
        return viralnow::analyze_raw(&audio, nullptr, options);
    };
    auto counted = run([] { return std::make_unique<Counter>(false); });
    CHECK(has(counted.json(), "\"samples\":32000") && counted.status() == VN_ASSET_STATUS_COMPLETE);
    auto failed = run([] { return std::make_unique<Counter>(true); });
    CHECK(has(failed.json(), "HOST_FAILED") && has(failed.json(), "the counter is full"));
    CHECK(failed.status() == VN_ASSET_STATUS_PARTIAL);
    auto none = run([]() -> std::unique_ptr<viralnow::Extractor> { throw std::runtime_error("no counter today"); });
    CHECK(has(none.json(), "no counter today"));
    auto null = run([] { return nullptr; });
    CHECK(has(null.json(), "the factory made no extractor"));
}

/** Options that are gone when the analysis begins to hear: they count on the heap, where valgrind sees what is left. */
viralnow::Live counting(std::shared_ptr<std::atomic<int>> reports, bool throws)
{
    auto options = viralnow::Options()
                       .modalities({"audio"})
                       .extractor("counter", "1", VN_WANTS_AUDIO, [reports] { return std::make_unique<Counter>(false); })
                       .on_progress([reports, throws](const viralnow::Progress &) -> bool {
                           ++*reports;
                           if (throws) {
                               throw 42;
                           }
                           return true;
                       });
    return viralnow::Live(16000, 1, options);
}

void live()
{
    auto samples = sine();
    auto reports = std::make_shared<std::atomic<int>>(0);
    {
        auto live = counting(reports, false);
        auto moved = std::move(live);
        CHECK(thrown([&] { live.push(samples.data(), samples.size()); }) == VN_STATUS_INVALID_INPUT);
        for (std::size_t at = 0; at < samples.size(); at += 1600) {
            CHECK(moved.push(samples.data() + at, 1600));
        }
        CHECK(has(moved.finish().json(), "\"samples\":32000"));
        CHECK(*reports > 0);
        CHECK(thrown([&] { moved.finish(); }) == VN_STATUS_INVALID_INPUT);
        // Assigned over one that is under way: that one is stopped before what it uses is gone.
        moved = counting(reports, false);
        moved.push(samples.data(), samples.size());
        moved = counting(reports, false);
    }
    // What the callback threw on the thread of the analysis comes out where its result would have.
    bool caught = false;
    try {
        auto live = counting(reports, true);
        live.push(samples.data(), samples.size());
        live.finish();
    } catch (int value) {
        caught = value == 42;
    }
    CHECK(caught);
    CHECK(reports.use_count() == 1);
}

void functions()
{
    CHECK(viralnow::version() == VN_VERSION && version_elsewhere() == VN_VERSION);
    CHECK(has(viralnow::info_json(), VN_VERSION));
    CHECK(has(viralnow::json_schema(), "$schema"));
    CHECK(has(viralnow::feature_dictionary_json(), "audio.loudness.integrated_lufs"));
    CHECK(has(viralnow::text::sentiment("I love it"), "compound"));
    CHECK(has(viralnow::text::readability("The cat sat on the mat."), "flesch_reading_ease"));
    CHECK(viralnow::text::sentences("One. Two.", "en") == "[\"One.\",\"Two.\"]");
    CHECK(has(viralnow::text::keywords("Solar panels save money.", 1), "phrase"));
    CHECK(has(viralnow::text::hook("Did you know?"), "style"));
    CHECK(has(viralnow::text::language("This is certainly an English sentence."), "\"en\""));
    CHECK(has(viralnow::text::emotions("Thank you!"), "\"gratitude\""));
    CHECK(has(viralnow::text::hook_ab("Watch this", "Budgets"), "probability"));
    CHECK(has(viralnow::text::normalise("Follow @ana"), "\"follow\""));
    CHECK(std::string(viralnow::text::many("sentences", R"({"text": ["One. Two."]})").json()) == "[[\"One.\",\"Two.\"]]");
}

} // namespace

int main()
{
    errors();
    analysis();
    vectors();
    on_samples();
    progress_and_cancelling();
    batch();
    store();
    monitor();
    extractor();
    live();
    functions();
    std::printf("cpp: %d checks, %d failures\n", checks.load(), failures.load());
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
