# What people ask from inside, instead of by phone.
authorized_requests-title = Requests
authorized_requests-title-of = Requests · { $organization }
authorized_requests-lead = Ask { $vendor } from here instead of by phone. With a second factor on, a phone call is not taken for an authorization; a request from here is, because you have shown who you are.
authorized_requests-new = New request
authorized_requests-none = Nothing was asked yet.
authorized_requests-no-more = There are no older requests.
authorized_requests-newest = Newest
authorized_requests-older = Older
authorized_requests-made = { $name }, { $clock }
authorized_requests-waiting = Waiting for an answer
authorized_requests-answered = Answered
authorized_requests-withdrawn = Withdrawn
authorized_requests-answered-by = Answered by { $name }, { $clock }
authorized_requests-proof-second-factor = Signed in with password and second factor
authorized_requests-proof-earlier = Second factor on, not shown at this sign-in
authorized_requests-proof-password = Signed in with a password only, no second factor
authorized_requests-sent = Your request is sent. You get the answer by mail, and it stands here.
authorized_requests-is-withdrawn = The request is withdrawn. Nobody answers it any more.
authorized_requests-new-title = New request · { $organization }
authorized_requests-new-lead = It reaches the support agents together with how you signed in. It opens nothing by itself: who comes in is still decided with the padlock.
authorized_requests-subject = What is it about?
authorized_requests-text = What do you ask for?
authorized_requests-text-hint = Do not write passwords here.
authorized_requests-send = Send request
authorized_requests-withdraw = Withdraw
authorized_requests-withdraw-title = Withdraw “{ $subject }”
authorized_requests-withdraw-question = Withdraw this request?
authorized_requests-withdraw-means = The agents do not see it any more. It stays in your list.
authorized_requests-desk-title = Requests
authorized_requests-desk-lead = What customers ask from inside their area. Each says how the person had signed in.
authorized_requests-desk-none = No request waits for an answer.
authorized_requests-is-answered = The answer is sent.
authorized_requests-read = Read
authorized_requests-organization = Organization
authorized_requests-person = Person
authorized_requests-proof = Proof
authorized_requests-state = State
authorized_requests-answer = Answer
authorized_requests-answer-hint = The person gets it by mail and sees it beside the request, with your name.
authorized_requests-send-answer = Send answer

# Mail
authorized_requests-mail-subject = Answer: { $subject }
authorized_requests-mail-body = Hello { $name },

    { $agent } of { $vendor } has answered your request “{ $subject }” of { $clock }, { $zone }:

    { $answer }

    It stands beside your request here:

    { $link }

    --
    Latchstring at { $vendor }. You get this mail because of your place in { $organization }.
