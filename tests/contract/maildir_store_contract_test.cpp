// MaildirStore in each layout, on the file system the tests have.
#include "contract/store_contract.h"
#include "store/maildir/maildir_store.h"
#include "support/temp_dir.h"

#include <filesystem>

namespace pf::test {
namespace {

enum class Start : std::uint8_t { missing, empty, plus_plus, nested, nested_in_root };

class MaildirSite final : public StoreSite {
 public:
  explicit MaildirSite(Start start) {
    const auto make = [this](const std::string& at) {
      for (const auto* part : {"cur", "new", "tmp"}) std::filesystem::create_directories(root_ / at / part);
    };
    if (start == Start::empty) std::filesystem::create_directories(root_);
    if (start == Start::plus_plus) make(".");
    // Something has to be there for a nested layout to be seen.
    if (start == Start::nested) make("INBOX");
    if (start == Start::nested_in_root) {
      make(".");
      make("Notes");
    }
  }

  std::unique_ptr<store::Store> store() override {
    return std::make_unique<store::MaildirStore>(
        store::MaildirOptions{.directory = root_, .log = {}, .pool = pool_});
  }

 private:
  TempDir temp_;
  std::filesystem::path root_ = temp_ / "Maildir";
  std::shared_ptr<WorkerPool> pool_ = std::make_shared<WorkerPool>();
};

StoreKind kind(std::string name, Start start) {
  return {std::move(name),
          [start]() -> std::unique_ptr<StoreSite> { return std::make_unique<MaildirSite>(start); },
          // As far as the usual file systems go; most keep more.
          {.first_date = -2'147'483'648}};
}

INSTANTIATE_TEST_SUITE_P(Maildir, StoreContract,
                         ::testing::Values(kind("Missing", Start::missing), kind("Empty", Start::empty),
                                           kind("PlusPlus", Start::plus_plus), kind("Nested", Start::nested),
                                           kind("NestedInRoot", Start::nested_in_root)),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace pf::test
