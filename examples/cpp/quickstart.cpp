// Analyses one clip and prints what it is.
//
//     c++ -std=c++17 quickstart.cpp $(pkg-config --cflags --libs viralnow) -o quickstart && ./quickstart clip.mp4
#include <iostream>
#include <viralnow.hpp>

int main(int argc, char **argv)
try {
    auto options = viralnow::Options().on_progress([](const viralnow::Progress &progress) {
        std::cerr << '\r' << static_cast<int>(100 * progress.fraction) << " % " << progress.stage << "        ";
        return true; // false stops the call
    });
    auto analysis = viralnow::analyze(argc > 1 ? argv[1] : "examples/media/demo.mp4", options);
    std::cerr << '\n';

    std::cout << analysis.report() << '\n';
    if (auto score = analysis.score()) {
        std::cout << "score: " << *score << " of 100\n";
    }
    auto mfcc = analysis.vectors("audio", "mfcc");
    std::cout << "mfcc: " << mfcc.rows() << " frames of " << mfcc.columns() << " coefficients\n";
    std::cout << "payload: " << analysis.json().substr(0, 60) << "...\n";
} catch (const viralnow::Error &error) {
    std::cerr << error.code() << ": " << error.what() << '\n';
    return 1;
}
