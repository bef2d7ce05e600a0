// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/digest.hpp"

#include <gtest/gtest.h>

#include "formats/hash.hpp"
#include "unit/formats/example_workspace.hpp"

namespace relume::formats {
namespace {

TEST(Hash, Md5VectorsOfRfc1321) {
  EXPECT_EQ(md5(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5("a"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(md5("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(md5("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"), "d174ab98d277d9f5a5611c2c9f419d9f");
  EXPECT_EQ(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Hash, Sha256VectorsOfFips180) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hash, EveryLengthAroundABlock) {
  // Python: hashlib.md5("".join(hashlib.md5(b"x" * n).hexdigest() for n in range(130)).encode()).hexdigest()
  std::string md5s, sha256s;
  for (std::size_t n = 0; n < 130; ++n) {
    md5s += md5(std::string(n, 'x'));
    sha256s += sha256(std::string(n, 'x'));
  }
  EXPECT_EQ(md5(md5s), "6638bf0c12c07cffaf1d9ecd65b95eeb");
  EXPECT_EQ(md5(sha256s), "c7c58cac22cca84b1a39a200316c33b7");
}

// Golden values: pyhf.utils.digest of pyhf 0.7.6.
TEST(Digest, IsThatOfPyhf) {
  const spec::Json document = parse_json(R"({"a": 2.0, "b": 3.0, "c": 1.0})", "t").value();
  EXPECT_EQ(digest(document, DigestAlgorithm::sha256),
            "a38f6093800189b79bc22ef677baf90c75705af2cfc7ff594159eca54eaa7928");
  EXPECT_EQ(digest(document, DigestAlgorithm::md5), "2c0633f242928eb55c3672fed5ba8612");
  const spec::Json numbers =
      parse_json(R"({"é": [1, 1.0, 1e22, 1e-7, 123456789012345678901234567890, "\u0001/"]})", "t").value();
  EXPECT_EQ(digest(numbers, DigestAlgorithm::sha256),
            "4db534167478bd5b49d397a754704d236c725b7887c1c507deec3a570183086f");
  EXPECT_EQ(digest(test::example_document(), DigestAlgorithm::sha256),
            "8937ee23d464fdca3831e45209d5a5b4c53c08f1421fbf95e5366651ad166c4f");
  EXPECT_EQ(digest(test::example_document(), DigestAlgorithm::md5), "c67fe92e2802fcd31e16519ca8c19c1d");
}

TEST(Digest, SurvivesTheSpec) {
  EXPECT_EQ(digest(workspace_to_json(test::example_workspace()), DigestAlgorithm::sha256),
            digest(test::example_document(), DigestAlgorithm::sha256));
}

TEST(Digest, DoesNotDependOnKeyOrder) {
  EXPECT_EQ(digest(parse_json(R"({"a": 1, "b": 2})", "t").value(), DigestAlgorithm::md5),
            digest(parse_json(R"({"b": 2, "a": 1})", "t").value(), DigestAlgorithm::md5));
}

TEST(Digest, VerifiesWhatThePatchsetDeclares) {
  const spec::Json document = test::example_document();
  spec::PatchSet patchset;
  patchset.md5 = digest(document, DigestAlgorithm::md5);
  patchset.sha256 = digest(document, DigestAlgorithm::sha256);
  EXPECT_TRUE(verify_digests(patchset, document, "t"));
  patchset.sha256->front() = patchset.sha256->front() == '0' ? '1' : '0';
  const Result<bool> verified = verify_digests(patchset, document, "t");
  ASSERT_FALSE(verified);
  ASSERT_EQ(verified.errors().size(), 1u);
  EXPECT_EQ(verified.error().code, ErrorCode::digest);
  EXPECT_NE(verified.error().message.find(*patchset.sha256), std::string::npos);
}

TEST(Digest, KnowsItsAlgorithms) {
  EXPECT_EQ(digest_algorithm_from_string("md5"), DigestAlgorithm::md5);
  EXPECT_EQ(digest_algorithm_from_string("sha256"), DigestAlgorithm::sha256);
  EXPECT_EQ(digest_algorithm_from_string("sha1"), std::nullopt);
}

}  // namespace
}  // namespace relume::formats
