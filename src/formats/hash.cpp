// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formats/hash.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace relume::formats {
namespace {

using Word = std::uint32_t;
constexpr std::size_t block_size = 64;

enum class ByteOrder { little, big };

/// Where byte k of a `size`-byte word sits in it.
int shift_of_byte(std::size_t k, std::size_t size, ByteOrder order) {
  return static_cast<int>(8 * (order == ByteOrder::little ? k : size - 1 - k));
}

std::array<Word, 16> words_of_block(const unsigned char* block, ByteOrder order) {
  std::array<Word, 16> words{};
  for (std::size_t i = 0; i < block_size; ++i) words[i / 4] |= Word{block[i]} << shift_of_byte(i % 4, 4, order);
  return words;
}

/// Feeds all blocks to `compress`: the message, a one bit, zeros, and the length in bits, as both standards pad it.
template <class Compress>
void for_each_block(std::string_view bytes, ByteOrder order, Compress compress) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const std::size_t n_whole = bytes.size() / block_size;
  for (std::size_t i = 0; i < n_whole; ++i) compress(words_of_block(data + i * block_size, order));

  std::array<unsigned char, 2 * block_size> tail{};
  const std::size_t n_rest = bytes.size() - n_whole * block_size;
  for (std::size_t i = 0; i < n_rest; ++i) tail[i] = data[n_whole * block_size + i];
  tail[n_rest] = 0x80;
  const std::size_t tail_size = n_rest + 1 + 8 <= block_size ? block_size : 2 * block_size;
  const std::uint64_t n_bits = 8 * static_cast<std::uint64_t>(bytes.size());
  for (std::size_t k = 0; k < 8; ++k) {
    tail[tail_size - 8 + k] = static_cast<unsigned char>(n_bits >> shift_of_byte(k, 8, order));
  }
  for (std::size_t i = 0; i < tail_size; i += block_size) compress(words_of_block(tail.data() + i, order));
}

template <std::size_t n>
std::string hexadecimal(const std::array<Word, n>& state, ByteOrder order) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const Word word : state) {
    for (std::size_t k = 0; k < 4; ++k) {
      const Word byte = word >> shift_of_byte(k, 4, order) & 0xffU;
      text.push_back(digits[byte >> 4]);
      text.push_back(digits[byte & 15U]);
    }
  }
  return text;
}

/// floor(2^32 |sin(i + 1)|), RFC 1321 section 3.4.
std::array<Word, 64> md5_constants() {
  std::array<Word, 64> constants{};
  for (std::size_t i = 0; i < 64; ++i) {
    constants[i] = static_cast<Word>(std::floor(4294967296.0 * std::fabs(std::sin(static_cast<double>(i + 1)))));
  }
  return constants;
}

/// The first 32 bits behind the point of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2): 35 bits with
/// those before the point, of a double's 53.
std::array<Word, 64> sha256_constants() {
  std::array<Word, 64> constants{};
  std::size_t n = 0;
  for (int candidate = 2; n < constants.size(); ++candidate) {
    bool is_prime = true;
    for (int divisor = 2; divisor * divisor <= candidate; ++divisor) is_prime = is_prime && candidate % divisor != 0;
    if (!is_prime) continue;
    const double root = std::cbrt(static_cast<double>(candidate));
    constants[n++] = static_cast<Word>((root - std::floor(root)) * 4294967296.0);
  }
  return constants;
}

}  // namespace

std::string md5(std::string_view bytes) {
  static const std::array<Word, 64> constants = md5_constants();
  constexpr std::array<std::array<int, 4>, 4> rotations = {
      {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};
  std::array<Word, 4> state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for_each_block(bytes, ByteOrder::little, [&](const std::array<Word, 16>& block) {
    auto [a, b, c, d] = state;
    for (std::size_t i = 0; i < 64; ++i) {
      const std::size_t round = i / 16;
      Word f = 0;
      std::size_t k = 0;
      switch (round) {
        case 0: f = (b & c) | (~b & d), k = i; break;
        case 1: f = (d & b) | (~d & c), k = (5 * i + 1) % 16; break;
        case 2: f = b ^ c ^ d, k = (3 * i + 5) % 16; break;
        default: f = c ^ (b | ~d), k = 7 * i % 16; break;
      }
      const Word sum = a + f + constants[i] + block[k];
      a = d;
      d = c;
      c = b;
      b += std::rotl(sum, rotations[round][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
  });
  return hexadecimal(state, ByteOrder::little);
}

std::string sha256(std::string_view bytes) {
  static const std::array<Word, 64> constants = sha256_constants();
  std::array<Word, 8> state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                               0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for_each_block(bytes, ByteOrder::big, [&](const std::array<Word, 16>& block) {
    std::array<Word, 64> w{};
    for (std::size_t i = 0; i < 16; ++i) w[i] = block[i];
    for (std::size_t i = 16; i < 64; ++i) {
      const Word s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
      const Word s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t i = 0; i < 64; ++i) {
      const Word s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const Word t1 = h + s1 + ((e & f) ^ (~e & g)) + constants[i] + w[i];
      const Word s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const Word t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + t1;
      d = c;
      c = b;
      b = a;
      a = t1 + t2;
    }
    const std::array<Word, 8> added = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state[i] += added[i];
  });
  return hexadecimal(state, ByteOrder::big);
}

}  // namespace relume::formats
