// Any compiler's way to run a fuzz target: inputs from a seed, always the same ones. `PROGRAM ROUNDS`
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
    const int                 rounds = argc == 2 ? std::atoi(argv[1]) : 0;
    std::mt19937              random(1);
    std::vector<std::uint8_t> input;
    for (int i = 0; i != rounds; ++i) {
        input.resize(random() % (i % 4 == 0 ? 1000 : 60));
        for (auto& one : input) one = static_cast<std::uint8_t>(random() >> 11);
        if (i % 2 == 0 && !input.empty()) input[0] |= 1;
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::printf("%d inputs\n", rounds);
    return rounds > 0 ? 0 : 2;
}
