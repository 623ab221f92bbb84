// The local server's own pages, for developers.

/** The start page, and the inbox before anything is in it. */
export async function startPages({ visitors }) {
  const developer = await visitors.arrive("developer");
  await developer.open("/", "start page");
  await developer.open("/_local/inbox", "empty inbox");
  await developer.leave();
}

/** What the requests of the walk would have cost: a table that is wider than a phone. */
export async function costPage({ visitors }) {
  const developer = await visitors.arrive("developer");
  await developer.open("/_local/cost", "cost");
  const rows = developer.page.locator("tbody tr");
  await developer.expect("sees an operation of the walk", (await rows.count()) > 0);
  await developer.leave();
}

/** The inbox with all mails of the walk; then it is emptied. */
export async function inboxPage({ visitors, inbox }) {
  const developer = await visitors.arrive("developer");
  await developer.open("/_local/inbox", "inbox");
  const shown = await developer.page.locator("article").count();
  await developer.expect("sees every message", shown > 0 && shown === (await inbox.messages()).length);
  await developer.submit("/_local/inbox/empty", {}, "inbox, emptied");
  await developer.expect("sees none", (await developer.page.locator("article").count()) === 0);
  await developer.leave();
}
