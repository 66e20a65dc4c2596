// Sizes and alignments that operator delete is told: wrong ones by name.
#include <cstddef>
#include <cstring>
#include <new>

int main(int count, char** words) {
    const char* const which = count > 1 ? words[1] : "";
    if (std::strcmp(which, "none") == 0) {
        for (std::size_t n = 0; n != 500; ++n) ::operator delete(::operator new(n), n);
        ::operator delete(::operator new(100, std::align_val_t{256}), 100, std::align_val_t{256});
        auto* const many = new int[100];
        many[99] = 1;
        delete[] many;
        if (::operator new(~std::size_t{0} / 2, std::nothrow) != nullptr) return 3;
        try {
            ::operator delete(::operator new(~std::size_t{0} / 2));
            return 4;
        } catch (const std::bad_alloc&) {
        }
        return 0;
    }
    if (std::strcmp(which, "wrong_size") == 0) ::operator delete(::operator new(64), std::size_t{63});
    else if (std::strcmp(which, "wrong_alignment") == 0) ::operator delete(::operator new(64, std::align_val_t{64}), 64, std::align_val_t{128});
    else return 2;
    return 0;
}
