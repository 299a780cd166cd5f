//! The verbs, on both databases and a clock that is moved.

use grants::{EndedHow, Mode, State};
use kernel::{Duration, Error};

use super::{
    rows,
    stage::{Stage, until, user, usual},
};
use crate::operations::{
    self, Length, NewToken, Which, agent_history, associate, cards, close_all, create, end_all_of_agent,
    end_by_vendor, enter, expire_due, get, give_back, history, live, mine, revoke, waiting,
};

fn code(error: &Error) -> &'static str {
    match error {
        Error::Invalid(fields) => fields[0].code.0,
        other => other.code().0,
    }
}

/// A2, A14, A15, A21, A26, A33: closed, waiting, open, closed; and nobody else sees more than is theirs.
#[tokio::test]
async fn the_padlock_opens_for_one_agent_and_closes() {
    for stage in Stage::all().await {
        let product = stage.add_product("Ledger", "https://ledger.test").await;
        let token = create(&stage.call(&stage.joana), stage.aurora, usual()).await.expect("made");
        assert_eq!(token.state(stage.call(&stage.joana).now), State::Pending);
        assert_eq!(token.grant.mode, Mode::ReadOnly, "A19");
        assert_eq!(waiting(&stage.call(&stage.ana)).await.expect("a desk").len(), 1);
        assert!(mine(&stage.call(&stage.ana)).await.expect("a desk").is_empty());
        let early = enter(&stage.call(&stage.ana), token.id(), None).await.expect_err("nobody is in yet");
        assert_eq!(code(&early), "not_found");

        stage.world.clock.advance(Duration::hours(1));
        let typed = token.code.to_string().to_lowercase();
        let associated =
            associate(&stage.call(&stage.ana), Which::Code(typed), "48213", "").await.expect("taken");
        let now = stage.call(&stage.ana).now;
        assert_eq!(
            associated.grant.ends_at,
            Some(now + Duration::hours(4)),
            "validity runs from the association"
        );
        assert!(waiting(&stage.call(&stage.bruno)).await.expect("a desk").is_empty());
        assert_eq!(mine(&stage.call(&stage.ana)).await.expect("a desk").len(), 1);
        let way = enter(&stage.call(&stage.ana), token.id(), None).await.expect("in");
        assert_eq!(way.application, product);
        assert!(way.url.starts_with("https://ledger.test/_latchstring/begin?entry=lsc_"), "{}", way.url);
        let other = enter(&stage.call(&stage.bruno), token.id(), None).await.expect_err("A16: not theirs");
        assert_eq!(code(&other), "not_found");

        let revoked = revoke(&stage.call(&stage.joana), token.id()).await.expect("revoked");
        assert_eq!(revoked.state(now), State::Revoked);
        assert!(stage.world.revoked.contains(token.id()), "the gate has let go of it");
        let late = enter(&stage.call(&stage.ana), token.id(), None).await.expect_err("closed");
        assert_eq!(code(&late), "support_token_ended");
        assert_eq!(
            live(&stage.call(&stage.joana), stage.aurora).await.expect("a look").map(|t| t.id()),
            None
        );
        assert_eq!(
            stage.entries(token.id(), "support_token.%", "person").await,
            4,
            "created, associated, entered, revoked"
        );
    }
}

/// A1, A7, A31, A32: nobody but a customer's member makes one, whatever else they are.
#[tokio::test]
async fn only_the_customer_opens() {
    for stage in Stage::all().await {
        for stranger in [&stage.ana, &stage.vera] {
            let refused = create(&stage.call(stranger), stage.aurora, usual()).await.expect_err("no member");
            assert_eq!(code(&refused), "not_found");
        }
        let helper =
            create(&stage.call(&stage.helper), stage.aurora, usual()).await.expect_err("the vendor's person");
        assert_eq!(code(&helper), "administrator_of_organization_required");
        let by_itself =
            create(&stage.call(&stage.product(None)), stage.aurora, usual()).await.expect_err("a machine");
        assert_eq!(code(&by_itself), "on_behalf_of_required");
        let product = stage.product(Some(&stage.joana));
        let not_allowed =
            create(&stage.call(&product), stage.aurora, usual()).await.expect_err("off by default");
        assert_eq!(code(&not_allowed), "backend_may_not_open");
        let stranger = stage.product(Some(&stage.ana));
        assert_eq!(
            code(&create(&stage.call(&stranger), stage.aurora, usual()).await.expect_err("no member")),
            "not_found"
        );

        let now = stage.call(&stage.joana).now;
        let mut tx = stage.write().await;
        rows::let_the_backend_open(&mut tx, stage.aurora, now).await;
        tx.commit().await.expect("a commit");
        let token =
            create(&stage.call(&product), stage.aurora, usual()).await.expect("allowed by the customer");
        assert_eq!(token.grant.created_by, user(&stage.joana));
        assert!(token.grant.created_through.is_some());

        let mut tx = stage.write().await;
        rows::let_administrators_open(&mut tx, stage.aurora).await;
        tx.commit().await.expect("a commit");
        revoke(&stage.call(&stage.joana), token.id()).await.expect("revoked");
        let member =
            create(&stage.call(&stage.marcos), stage.aurora, usual()).await.expect_err("administrators only");
        assert_eq!(code(&member), "administrator_of_organization_required");
    }
}

/// A3: none is endless, and the shorter of the two limits holds.
#[tokio::test]
async fn every_token_has_an_end() {
    for stage in Stage::all().await {
        let now = stage.call(&stage.joana).now;
        let ask = |length| NewToken { length, ..usual() };
        let vendors =
            create(&stage.call(&stage.joana), stage.aurora, ask(Length::For(Duration::days(8)))).await;
        let Err(Error::Invalid(fields)) = vendors else { panic!("longer than the vendor's") };
        assert_eq!(fields[0].sentence, "The longest validity for Aurora Holding is 7 days.");
        let mut tx = stage.write().await;
        rows::limit(&mut tx, stage.aurora, Duration::hours(2)).await;
        tx.commit().await.expect("a commit");
        let own = create(&stage.call(&stage.joana), stage.aurora, ask(Length::For(Duration::hours(3)))).await;
        assert_eq!(code(&own.expect_err("longer than its own")), "too_long");
        for length in
            [Length::For(Duration::ZERO), Length::Until(now), Length::Until(now - Duration::hours(1))]
        {
            let none =
                create(&stage.call(&stage.joana), stage.aurora, ask(length)).await.expect_err("no end");
            assert_eq!(code(&none), "too_short");
        }
        let moment = now + Duration::hours(2);
        let token = create(&stage.call(&stage.joana), stage.aurora, until(moment)).await.expect("made");
        stage.world.clock.advance(Duration::hours(1));
        let associated =
            associate(&stage.call(&stage.ana), Which::Grant(token.id()), "1", "").await.expect("taken");
        assert_eq!(associated.grant.ends_at, Some(moment), "the moment that was named");
    }
}

/// A12, A13: one live token; the later of two who press at once is told of it, and an expired one never blocks.
#[tokio::test]
async fn an_organization_has_one_live_token() {
    for stage in Stage::all().await {
        let (joana, marcos) = (stage.call(&stage.joana), stage.call(&stage.marcos));
        let (one, two) =
            tokio::join!(create(&joana, stage.aurora, usual()), create(&marcos, stage.aurora, usual()));
        let (made, told) = match (one, two) {
            (Ok(made), Err(told)) | (Err(told), Ok(made)) => (made, told),
            other => panic!("one gets it: {other:?}"),
        };
        let Error::Conflict(code, sentence) = told else { panic!("{told}") };
        assert_eq!(code.0, "support_token_exists");
        assert!(sentence.contains(&made.code.to_string()) && sentence.contains(&made.made_by), "{sentence}");

        stage.world.clock.advance(Duration::hours(4));
        let next = create(&stage.call(&stage.joana), stage.aurora, usual()).await.expect("nothing blocks");
        let all = history(&stage.call(&stage.joana), stage.aurora, None, 10).await.expect("a history");
        assert_eq!(
            all.tokens.iter().map(crate::model::SupportToken::id).collect::<Vec<_>>(),
            [next.id(), made.id()]
        );
        let expired = all.tokens[1].grant.ended.clone().expect("written down");
        assert_eq!((expired.how, expired.at), (EndedHow::Expired, made.grant.answer_by));
        create(&stage.call(&stage.joana), stage.borealis, usual())
            .await
            .expect("another organization's place is its own");
    }
}

/// A16: of two agents who associate at once, one wins and the other is told who.
#[tokio::test]
async fn one_agent_wins() {
    for stage in Stage::all().await {
        let token = create(&stage.call(&stage.joana), stage.aurora, usual()).await.expect("made");
        let (ana, bruno) = (stage.call(&stage.ana), stage.call(&stage.bruno));
        let which = || Which::Code(token.code.to_string());
        let (one, two) = tokio::join!(associate(&ana, which(), "1", ""), associate(&bruno, which(), "2", ""));
        let (won, told) = match (one, two) {
            (Ok(won), Err(told)) | (Err(told), Ok(won)) => (won, told),
            other => panic!("one wins: {other:?}"),
        };
        let winner = won.association.expect("an agent").agent_name;
        let Error::Conflict(code, sentence) = told else { panic!("{told}") };
        assert_eq!(code.0, "support_token_already_taken");
        assert!(sentence.starts_with(&winner), "{sentence}");
    }
}

/// A17: unknown, revoked and expired codes get one answer, each is recorded, and guessing is stopped.
#[tokio::test]
async fn codes_cannot_be_guessed() {
    for stage in Stage::all().await {
        let first = create(&stage.call(&stage.joana), stage.aurora, usual()).await.expect("made");
        revoke(&stage.call(&stage.joana), first.id()).await.expect("revoked");
        let unknown = crate::model::ReferenceCode::new(&testkit::Counting::new(99)).to_string();
        let mut answers = Vec::new();
        for typed in [unknown.clone(), first.code.to_string(), "no code".to_owned()] {
            let error = associate(&stage.call(&stage.ana), Which::Code(typed), "1", "")
                .await
                .expect_err("nothing there");
            answers.push(format!("{error:?}"));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        for _ in 0..7 {
            associate(&stage.call(&stage.ana), Which::Code(unknown.clone()), "1", "")
                .await
                .expect_err("unknown");
        }
        let stopped = associate(&stage.call(&stage.ana), Which::Code(unknown.clone()), "1", "")
            .await
            .expect_err("too many");
        assert!(matches!(stopped, Error::TooMany { retry_after_seconds: 1.. }), "{stopped}");
        let other = associate(&stage.call(&stage.bruno), Which::Code(unknown.clone()), "1", "")
            .await
            .expect_err("unknown");
        assert_eq!(code(&other), "unknown_code", "each agent for themselves");
        stage.world.clock.advance(Duration::minutes(11));
        let again =
            associate(&stage.call(&stage.ana), Which::Code(unknown), "1", "").await.expect_err("unknown");
        assert_eq!(code(&again), "unknown_code");
    }
}

/// A8, A15: an agent says for which ticket; without one nothing is taken.
#[tokio::test]
async fn a_ticket_is_needed() {
    for stage in Stage::all().await {
        let token = create(&stage.call(&stage.marcos), stage.aurora, usual()).await.expect("made");
        let error = associate(&stage.call(&stage.ana), Which::Grant(token.id()), "  ", "")
            .await
            .expect_err("no ticket");
        assert_eq!(code(&error), "required");
        let customer = associate(&stage.call(&stage.joana), Which::Grant(token.id()), "1", "")
            .await
            .expect_err("no agent");
        assert_eq!(code(&customer), "agent_required");
        assert_eq!(stage.mails("%asked support%").await, 1, "the administrator");
        associate(&stage.call(&stage.ana), Which::Grant(token.id()), "48213", "Books do not balance")
            .await
            .expect("taken");
        assert_eq!(
            stage.mails("Ana Souza (level 2) can now enter%").await,
            2,
            "its maker and the administrator, each once"
        );
    }
}

/// A30, A31, A32: by whom a token ends, and how the history says so.
#[tokio::test]
async fn whoever_may_ends_it_and_it_shows() {
    for stage in Stage::all().await {
        let make = || async {
            stage.world.clock.advance(Duration::seconds(1));
            create(&stage.call(&stage.marcos), stage.aurora, usual()).await.expect("made")
        };
        let take = |id| {
            let stage = &stage;
            async move { associate(&stage.call(&stage.ana), Which::Grant(id), "1", "").await.expect("taken") }
        };
        let pending = make().await;
        let other = revoke(&stage.call(&stage.sofia), pending.id()).await.expect_err("another member");
        assert_eq!(code(&other), "administrator_of_organization_required");
        for stranger in [&stage.ana, &stage.vera] {
            assert_eq!(
                code(&revoke(&stage.call(stranger), pending.id()).await.expect_err("no member")),
                "not_found"
            );
        }
        revoke(&stage.call(&stage.marcos), pending.id()).await.expect("its maker");
        let again = revoke(&stage.call(&stage.joana), pending.id()).await.expect_err("ended");
        assert_eq!(code(&again), "support_token_ended");

        let given = make().await;
        assert_eq!(
            code(&give_back(&stage.call(&stage.ana), given.id()).await.expect_err("not taken")),
            "not_found"
        );
        take(given.id()).await;
        assert_eq!(
            code(&give_back(&stage.call(&stage.bruno), given.id()).await.expect_err("not theirs")),
            "not_found"
        );
        give_back(&stage.call(&stage.ana), given.id()).await.expect("given back");

        let called_out = make().await;
        take(called_out.id()).await;
        assert_eq!(
            code(&end_by_vendor(&stage.call(&stage.ana), called_out.id()).await.expect_err("an agent")),
            "administrator_required"
        );
        end_by_vendor(&stage.call(&stage.vera), called_out.id()).await.expect("ended");

        let removed = make().await;
        take(removed.id()).await;
        let call = stage.call(&stage.vera);
        let mut work = call.begin().await.expect("a change");
        let entries = end_all_of_agent(&mut work, user(&stage.ana), (user(&stage.vera), "Vera".to_owned()))
            .await
            .expect("ended");
        assert_eq!(entries.len(), 1);
        work.commit_all(entries).await.expect("a commit");

        let all = history(&stage.call(&stage.sofia), stage.aurora, None, 10).await.expect("a history").tokens;
        let how: Vec<_> = all.iter().map(|token| token.grant.ended.as_ref().expect("ended").how).collect();
        assert_eq!(how, [EndedHow::AgentRemoved, EndedHow::Vendor, EndedHow::Agent, EndedHow::Customer]);
        let by = all[2].grant.ended.as_ref().and_then(|ended| ended.by.clone()).expect("somebody");
        assert_eq!(by.1, "Ana Souza");
        assert_eq!(
            agent_history(&stage.call(&stage.ana), None, 10).await.expect("a history").tokens.len(),
            3
        );
        assert!(
            agent_history(&stage.call(&stage.bruno), None, 10).await.expect("a history").tokens.is_empty()
        );
    }
}

/// A15, A23: expiry is written down and told by the clock, once, and the state does not wait for it.
#[tokio::test]
async fn the_clock_ends_what_is_over() {
    for stage in Stage::all().await {
        let unanswered = create(&stage.call(&stage.joana), stage.aurora, usual()).await.expect("made");
        let entered = create(&stage.call(&stage.joana), stage.borealis, usual()).await.expect("made");
        associate(&stage.call(&stage.ana), Which::Grant(entered.id()), "1", "").await.expect("taken");
        assert_eq!(expire_due(&stage.world.world).await.expect("a look"), 0);
        stage.world.clock.advance(Duration::hours(4));
        let late = enter(&stage.call(&stage.ana), entered.id(), None)
            .await
            .expect_err("over, though nothing was written");
        assert_eq!(code(&late), "support_token_ended");
        assert_eq!(expire_due(&stage.world.world).await.expect("a look"), 2);
        assert_eq!(expire_due(&stage.world.world).await.expect("a look"), 0, "once");
        for id in [unanswered.id(), entered.id()] {
            assert!(stage.world.revoked.contains(id));
            assert_eq!(stage.entries(id, "support_token.expired", "system").await, 1);
        }
        assert!(stage.mails("%has expired").await >= 2);
    }
}

/// The loop waits on the clock, and writes down within a second.
#[tokio::test]
async fn the_loop_follows_the_clock() {
    for stage in Stage::all().await {
        let token = create(&stage.call(&stage.joana), stage.aurora, usual()).await.expect("made");
        let mut news = stage.world.world.live.listen();
        let running = operation::spawn(operations::run_expiry(std::sync::Arc::clone(&stage.world.world)));
        stage.world.clock.advance(Duration::hours(5));
        let heard = loop {
            let entry = news.recv().await.expect("news");
            if entry.kind == "support_token.expired" {
                break entry;
            }
        };
        assert_eq!(heard.grant, Some(token.id()));
        running.abort();
    }
}

/// A9, A10: the cards of a person, and *Close all* for what that person may close, in one commit.
#[tokio::test]
async fn cards_show_each_padlock_and_close_together() {
    for stage in Stage::all().await {
        let own = create(&stage.call(&stage.marcos), stage.aurora, usual()).await.expect("made");
        associate(&stage.call(&stage.ana), Which::Grant(own.id()), "1", "").await.expect("taken");
        create(&stage.call(&stage.joana), stage.borealis, usual()).await.expect("made");
        let seen = cards(&stage.call(&stage.joana)).await.expect("cards");
        let now = stage.call(&stage.joana).now;
        assert_eq!(
            seen.iter().map(|card| card.organization.name.as_str()).collect::<Vec<_>>(),
            ["Aurora Holding", "Borealis Foods"]
        );
        assert_eq!(seen.iter().map(|card| card.is_open(now)).collect::<Vec<_>>(), [true, false]);
        assert!(seen.iter().all(|card| card.live.is_some() && card.last_outsider_at.is_none()));
        assert!(close_all(&stage.call(&stage.sofia)).await.expect("nothing of hers").is_empty());
        assert_eq!(close_all(&stage.call(&stage.joana)).await.expect("closed").len(), 2);
        let after = cards(&stage.call(&stage.joana)).await.expect("cards");
        assert!(after.iter().all(|card| card.live.is_none()));
        assert_eq!(after[0].last_outsider_at, Some(now));
        assert_eq!(after[1].last_outsider_at, None, "nobody was in");
    }
}

/// A23, A35: an id of somebody else's organization is not found, and a desk is no directory.
#[tokio::test]
async fn others_see_nothing() {
    for stage in Stage::all().await {
        let token = create(&stage.call(&stage.joana), stage.borealis, usual()).await.expect("made");
        for stranger in [&stage.marcos, &stage.sofia] {
            assert_eq!(
                code(&get(&stage.call(stranger), token.id()).await.expect_err("not theirs")),
                "not_found"
            );
            let error =
                history(&stage.call(stranger), stage.borealis, None, 10).await.expect_err("not theirs");
            assert_eq!(code(&error), "not_found");
            assert_eq!(code(&waiting(&stage.call(stranger)).await.expect_err("no agent")), "agent_required");
        }
        get(&stage.call(&stage.bruno), token.id()).await.expect("a waiting token is on every desk");
        associate(&stage.call(&stage.ana), Which::Grant(token.id()), "1", "").await.expect("taken");
        let other = get(&stage.call(&stage.bruno), token.id()).await.expect_err("another agent's");
        assert_eq!(code(&other), "not_found");
        for agent in [&stage.ana, &stage.bruno] {
            let error = history(&stage.call(agent), stage.borealis, None, 10).await.expect_err("no member");
            assert_eq!(code(&error), "not_found");
        }
    }
}

/// The pages of a history follow one another without a gap.
#[tokio::test]
async fn a_history_is_read_page_by_page() {
    for stage in Stage::all().await {
        let mut made = Vec::new();
        for _ in 0..5 {
            let token = create(&stage.call(&stage.joana), stage.aurora, usual()).await.expect("made");
            revoke(&stage.call(&stage.joana), token.id()).await.expect("revoked");
            made.insert(0, token.id());
            stage.world.clock.advance(Duration::seconds(1));
        }
        let (mut before, mut read) = (None, Vec::new());
        loop {
            let page = history(&stage.call(&stage.joana), stage.aurora, before, 2).await.expect("a page");
            read.extend(page.tokens.iter().map(crate::model::SupportToken::id));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(read, made);
    }
}
