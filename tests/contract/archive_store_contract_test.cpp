// ArchiveStore in a directory of its own.
#include "contract/store_contract.h"
#include "store/archive/archive_store.h"
#include "support/temp_dir.h"

namespace pf::test {
namespace {

class ArchiveSite final : public StoreSite {
 public:
  ArchiveSite() : pool_(std::make_shared<WorkerPool>()) {
    // An archive begins with nothing at all.
    const auto first = store();
    const auto made = run(first->connect());
    if (made) ignore(run(first->create(MailboxPath{{"INBOX"}}, "INBOX", SpecialUse::none)));
    ignore(run(first->close()));
  }
  std::unique_ptr<store::Store> store() override {
    store::ArchiveOptions options;
    options.directory = directory_ / "archive";
    options.pool = pool_;
    return std::make_unique<store::ArchiveStore>(std::move(options));
  }

 private:
  TempDir directory_;
  std::shared_ptr<WorkerPool> pool_;
};

INSTANTIATE_TEST_SUITE_P(Archive, StoreContract,
                         ::testing::Values(StoreKind{"Plain",
                                                     [] { return std::make_unique<ArchiveSite>(); }}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace pf::test
