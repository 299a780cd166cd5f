# Everything that is open.
open_doors-title = Open doors
open_doors-title-of = Open doors · { $organization }
open_doors-lead = Everybody from outside who can enter this organization at this moment. Nobody else can.
open_doors-open = { $n ->
    [0] No door is open
    [one] 1 door is open
   *[other] { $n } doors are open
}
open_doors-waiting = { $n ->
    [one] 1 waits
   *[other] { $n } wait
}
open_doors-disabled = { $n ->
    [one] 1 is disabled
   *[other] { $n } are disabled
}
open_doors-open-and = { $open }, { $others }
open_doors-none = No door is open. Only your own people can enter.
open_doors-forgotten = { $n ->
    [one] One of them was not used for 90 days. Close it if nobody needs it.
   *[other] { $n } of them were not used for 90 days. Close those that nobody needs.
}
open_doors-forgotten-tag = unused for 90 days
open_doors-nobody-yet = Nobody yet
open_doors-kind-name = { $kind } { $name }
open_doors-kind-support-token = Support token
open_doors-kind-temporary-credentials = Temporary credentials
open_doors-kind-partner = Partner:
open_doors-kind-vendor-staff = Member for a time, of the vendor
open_doors-kind-integration-login = Integration login
open_doors-ticket = ticket { $ticket }
open_doors-mode-read-only = read only
open_doors-mode-write = can make changes
open_doors-no-end = without an end
open_doors-until = until { $clock }
open_doors-waits-until = waits until { $clock }
open_doors-review = { $until }, review on { $day }
open_doors-last-used = Last used: { $clock }
open_doors-never-used = Last used: never
open_doors-look = Look
open_doors-close = Close everything
open_doors-close-title = Close everything · { $organization }
open_doors-close-question = Close everything?
open_doors-close-means = { $names } lose access now, also in pages that are open. Your own people keep theirs.
open_doors-close-means-nobody = What waits can no longer be taken. Your own people keep their access.
open_doors-holder = whoever holds the temporary credentials
open_doors-and = { $names } and { $last }
open_doors-keep = Keep them
open_doors-closed = { $clock }: everything is closed. Nobody from outside can enter.
