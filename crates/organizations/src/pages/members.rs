//! The members of one organization, for its administrators (B20).

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Error, FieldError, InvitationId, MembershipId, OrganizationId, Timestamp};
use people::model::checked_email;
use serde::Deserialize;
use url::form_urlencoded;
use web::{
    Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use super::{Choice, Done, at_fields, choices, kind_word, role_word, typed_end, user_type_word};
use crate::{
    model::{Invitation, Member, MemberKind, Offer, Organization, Role, UserType},
    operations::{self, ChangeMember, Invite, MemberQuery, MemberSort},
};

const ON_A_PAGE: i64 = 50;
/// The vendor's people among the members are a handful; they stand on one page.
const VENDOR_STAFF_SHOWN: i64 = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    q: String,
    /// Empty, `administrator`, `member`, `temporary` or `permanent`.
    show: String,
    sort: String,
    from: u32,
    done: String,
}

impl ListQuery {
    fn href(&self, organization: OrganizationId, from: i64) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &self.q)
            .append_pair("show", &self.show)
            .append_pair("sort", &self.sort)
            .append_pair("from", &from.to_string())
            .finish();
        format!("{}?{query}", members_href(organization))
    }
}

#[derive(Template)]
#[template(path = "members.html")]
struct MembersPage {
    shell: Shell,
    errors: Errors,
    organization: Organization,
    q: String,
    shows: Vec<Choice>,
    sorts: Vec<Choice>,
    members: Vec<Row>,
    is_narrowed: bool,
    earlier: Option<String>,
    later: Option<String>,
    vendor_staff: Vec<Row>,
    vendor: String,
    invitations: Vec<InvitationRow>,
}

struct Row {
    href: String,
    name: String,
    email: String,
    role: String,
    user_type: String,
    ends_at: Option<Timestamp>,
    last_access_at: Option<Timestamp>,
}

struct InvitationRow {
    id: InvitationId,
    email: String,
    name: String,
    role: String,
    expires_at: Timestamp,
}

fn members_href(id: OrganizationId) -> String {
    format!("/organizations/{id}/members")
}

fn row(t: &Text, member: Member) -> Row {
    let place = member.membership;
    Row {
        href: format!("/organizations/{}/members/{}", place.organization, place.id),
        name: member.name,
        email: member.email.to_string(),
        role: kind_word(t, place.kind, place.role),
        user_type: user_type_word(t, place.user_type),
        ends_at: place.ends_at,
        last_access_at: place.last_access_at,
    }
}

fn invitation_row(t: &Text, invitation: Invitation) -> InvitationRow {
    let role = match invitation.offer {
        Offer::Membership { kind, role, .. } => kind_word(t, kind, role),
        Offer::Staff { .. } => String::new(),
    };
    InvitationRow {
        id: invitation.id,
        email: invitation.email.to_string(),
        name: invitation.name,
        role,
        expires_at: invitation.expires_at,
    }
}

pub(super) async fn list(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    caller.person()?;
    let organization = operations::view(&caller, id).await?.organization;
    let offset = i64::from(query.from);
    let selection = MemberQuery {
        search: &query.q,
        role: Role::parse(&query.show),
        kind: Some(MemberKind::Customer),
        is_temporary: match query.show.as_str() {
            "temporary" => Some(true),
            "permanent" => Some(false),
            _ => None,
        },
        sort: MemberSort::parse(&query.sort).unwrap_or_default(),
        limit: ON_A_PAGE,
        offset,
    };
    let (members, has_more) = operations::list_members(&caller, id, selection).await?;
    let of_vendor = MemberQuery {
        kind: Some(MemberKind::VendorStaff),
        limit: VENDOR_STAFF_SHOWN,
        ..MemberQuery::default()
    };
    let (vendor_staff, _) = operations::list_members(&caller, id, of_vendor).await?;
    let invitations = operations::list_invitations(&caller, id).await?;
    let t = caller.text();
    let title = t.with("organizations-members-title", [("organization", &organization.name)]);
    let mut shell = caller.shell(Console::Customer, "organizations", title);
    shell.live = true;
    shell.answer = match query.done.as_str() {
        "invited" => Some(t.get("organizations-done-invited")),
        "changed" => Some(t.get("organizations-done-changed")),
        "unlinked" => Some(t.get("organizations-done-unlinked")),
        "revoked" => Some(t.get("organizations-done-revoked")),
        _ => None,
    };
    let shows = choices(
        &["", "administrator", "member", "temporary", "permanent"],
        |show| show,
        |show| t.get(&format!("organizations-show-{}", if show.is_empty() { "all" } else { show })),
        &query.show,
    );
    let sorts = choices(
        &MemberSort::ALL,
        MemberSort::as_str,
        |sort| t.get(&format!("organizations-sort-{}", sort.as_str())),
        &query.sort,
    );
    Ok(page(
        StatusCode::OK,
        &MembersPage {
            errors: Errors::none(),
            vendor: shell.vendor.clone(),
            shows,
            sorts,
            is_narrowed: !query.q.is_empty() || !query.show.is_empty() || offset > 0,
            earlier: (offset > 0).then(|| query.href(id, (offset - ON_A_PAGE).max(0))),
            later: has_more.then(|| query.href(id, offset + ON_A_PAGE)),
            q: query.q,
            members: members.into_iter().map(|member| row(&t, member)).collect(),
            vendor_staff: vendor_staff.into_iter().map(|member| row(&t, member)).collect(),
            invitations: invitations.into_iter().map(|invitation| invitation_row(&t, invitation)).collect(),
            organization,
            shell,
        },
    ))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct InviteForm {
    email: String,
    name: String,
    kind: String,
    role: String,
    user_type: String,
    end_date: String,
    end_time: String,
}

#[derive(Template)]
#[template(path = "member_invite.html")]
struct InvitePage {
    shell: Shell,
    errors: Errors,
    /// The list of members.
    back: String,
    organization: Organization,
    form: InviteForm,
    vendor: String,
    user_types: Vec<Choice>,
    zone: String,
}

pub(super) async fn ask_invite(caller: Caller, Path(id): Path<OrganizationId>) -> Result<Response, Failure> {
    let form = InviteForm {
        kind: MemberKind::Customer.as_str().to_owned(),
        role: Role::Member.as_str().to_owned(),
        ..InviteForm::default()
    };
    invite_page(&caller, id, form, Errors::none()).await
}

async fn invite_page(
    caller: &Caller,
    id: OrganizationId,
    form: InviteForm,
    errors: Errors,
) -> Result<Response, Failure> {
    caller.person()?;
    let organization = administered(caller, id).await?;
    let t = caller.text();
    let title = t.with("organizations-invite-title", [("organization", &organization.name)]);
    let shell = caller.shell(Console::Customer, "organizations", title);
    let user_types =
        choices(UserType::ALL, UserType::as_str, |kind| user_type_word(&t, kind), &form.user_type);
    let (vendor, zone) = (shell.vendor.clone(), t.zone_name());
    let back = members_href(id);
    Ok(page(
        errors.status(),
        &InvitePage { shell, errors, back, organization, form, vendor, user_types, zone },
    ))
}

/// The organization, if the caller is one of its administrators.
async fn administered(caller: &Caller, id: OrganizationId) -> Result<Organization, Failure> {
    let mut tx = caller.read().await?;
    Ok(operations::require_administrator(caller, &mut tx, id).await?.0)
}

pub(super) async fn invite(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<InviteForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let outcome = match typed_invite(&caller.text(), &form) {
        Ok(command) => operations::invite(&caller, id, command).await.map(drop),
        Err(fields) => Err(Error::Invalid(fields)),
    };
    match outcome {
        Ok(()) => Ok(see_other(&format!("{}?done=invited", members_href(id)))),
        Err(Error::Invalid(fields)) => invite_page(&caller, id, form, Errors::from(at_fields(fields))).await,
        Err(error) => Err(error.into()),
    }
}

fn typed_invite(t: &Text, form: &InviteForm) -> Result<Invite, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let email = checked_email("email", &form.email).map_err(|error| wrong.push(error));
    let ends_at = typed_end(t, &form.end_date, &form.end_time).map_err(|error| wrong.push(error));
    let (Ok(email), Ok(ends_at)) = (email, ends_at) else {
        return Err(wrong);
    };
    Ok(Invite {
        email,
        name: form.name.clone(),
        role: Role::parse(&form.role).unwrap_or(Role::Member),
        kind: MemberKind::parse(&form.kind).unwrap_or(MemberKind::Customer),
        user_type: UserType::parse(&form.user_type).unwrap_or(UserType::None),
        ends_at,
    })
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct MemberForm {
    role: String,
    user_type: String,
    end_date: String,
    end_time: String,
}

#[derive(Template)]
#[template(path = "member.html")]
struct MemberPage {
    shell: Shell,
    errors: Errors,
    /// The list of members.
    back: String,
    member: Member,
    is_vendors: bool,
    form: MemberForm,
    roles: Vec<Choice>,
    user_types: Vec<Choice>,
    zone: String,
}

pub(super) async fn show(
    caller: Caller,
    Path((id, member)): Path<(OrganizationId, MembershipId)>,
) -> Result<Response, Failure> {
    member_page(&caller, id, member, None, Errors::none()).await
}

async fn member_page(
    caller: &Caller,
    id: OrganizationId,
    member: MembershipId,
    form: Option<MemberForm>,
    errors: Errors,
) -> Result<Response, Failure> {
    caller.person()?;
    let (organization, member) = operations::get_member(caller, id, member).await?;
    let t = caller.text();
    let form = form.unwrap_or_else(|| {
        let (end_date, end_time) =
            member.membership.ends_at.map(|end| typed(caller, end)).unwrap_or_default();
        MemberForm {
            role: member.membership.role.as_str().to_owned(),
            user_type: member.membership.user_type.as_str().to_owned(),
            end_date,
            end_time,
        }
    });
    let title = format!("{} · {}", member.name, organization.name);
    let shell = caller.shell(Console::Customer, "organizations", title);
    Ok(page(
        errors.status(),
        &MemberPage {
            shell,
            errors,
            back: members_href(id),
            is_vendors: member.membership.kind == MemberKind::VendorStaff,
            roles: choices(Role::ALL, Role::as_str, |role| role_word(&t, role), &form.role),
            user_types: choices(
                UserType::ALL,
                UserType::as_str,
                |kind| user_type_word(&t, kind),
                &form.user_type,
            ),
            member,
            form,
            zone: t.zone_name(),
        },
    ))
}

/// A moment as the fields for a date and a time want it, on the person's clock.
fn typed(caller: &Caller, at: Timestamp) -> (String, String) {
    let zone = caller.person().map(|person| person.time_zone.clone()).unwrap_or_default();
    let zone = jiff::tz::TimeZone::get(&zone).unwrap_or(jiff::tz::TimeZone::UTC);
    jiff::Timestamp::from_microsecond(at.as_micros()).map_or_else(
        |_| (String::new(), String::new()),
        |at| {
            let at = at.to_zoned(zone);
            (at.date().to_string(), format!("{:02}:{:02}", at.hour(), at.minute()))
        },
    )
}

pub(super) async fn change(
    caller: Caller,
    Path((id, member)): Path<(OrganizationId, MembershipId)>,
    Form(form): Form<MemberForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let outcome = match typed_end(&caller.text(), &form.end_date, &form.end_time) {
        Ok(end) => {
            let change = ChangeMember {
                role: Role::parse(&form.role),
                user_type: UserType::parse(&form.user_type),
                ends_at: Some(end),
            };
            operations::change_member(&caller, id, member, change).await.map(drop)
        }
        Err(error) => Err(Error::Invalid(vec![error])),
    };
    match outcome {
        Ok(()) => Ok(see_other(&format!("{}?done=changed", members_href(id)))),
        Err(Error::Invalid(fields)) => {
            member_page(&caller, id, member, Some(form), Errors::from(at_fields(fields))).await
        }
        // The last administrator is told at the field that would change it (A41).
        Err(Error::Conflict(code, sentence)) if code.0 == "last_administrator" => {
            let errors = Errors::from(vec![FieldError { field: "role", code, sentence }]);
            member_page(&caller, id, member, Some(form), errors).await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "member_unlink.html")]
struct UnlinkPage {
    shell: Shell,
    /// The list of members.
    back: String,
    action: String,
    organization: Organization,
    member: Member,
}

pub(super) async fn ask_unlink(
    caller: Caller,
    Path((id, member)): Path<(OrganizationId, MembershipId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (organization, member) = operations::get_member(&caller, id, member).await?;
    let title = caller.text().with("organizations-unlink-title", [("name", &member.name)]);
    let shell = caller.shell(Console::Customer, "organizations", title);
    let back = members_href(id);
    let action = format!("{back}/{}/unlink", member.membership.id);
    Ok(page(StatusCode::OK, &UnlinkPage { shell, back, action, organization, member }))
}

pub(super) async fn unlink(
    caller: Caller,
    Path((id, member)): Path<(OrganizationId, MembershipId)>,
) -> Result<Response, Failure> {
    let user = caller.person()?.user;
    let (_, unlinked) = operations::get_member(&caller, id, member).await?;
    operations::unlink(&caller, id, member).await?;
    // Whoever unlinked themselves cannot see the list any more.
    let is_self = unlinked.membership.user == user;
    let next =
        if is_self { "/organizations".to_owned() } else { format!("{}?done=unlinked", members_href(id)) };
    Ok(see_other(&next))
}

pub(super) async fn revoke_invitation(
    caller: Caller,
    Path((id, invitation)): Path<(OrganizationId, InvitationId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    operations::revoke_invitation(&caller, id, invitation).await?;
    Ok(see_other(&format!("{}?done=revoked", members_href(id))))
}

/// The other pages of an organization use the same marks in the address.
pub(super) fn saved(t: &Text, done: &Done) -> Option<String> {
    (done.done == "saved").then(|| t.get("organizations-done-saved"))
}
