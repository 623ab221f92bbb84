// The HTML of the mails that the walk has caused, as a mail program shows it: alone, without network.

export async function everyMail({ visitors, inbox }) {
  const reader = await visitors.arrive("mail");
  const seen = new Set();
  for (const { subject, html } of await inbox.messages()) {
    if (!html || seen.has(subject)) continue;
    seen.add(subject);
    await reader.read(html, subject);
  }
  await reader.expect("there are some", seen.size > 0);
  await reader.leave();
}
