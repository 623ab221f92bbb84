// What people tell of themselves: name, picture, attributes.

const PICTURE = {
  name: "avatar.png",
  mimeType: "image/png",
  buffer: Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
    "base64",
  ),
};

export async function fillIn(visitor) {
  await nameOneself(visitor);
  await showPicture(visitor);
  await keepAttribute(visitor);
}

async function nameOneself(visitor) {
  await visitor.submit("/account/profile", { first_name: "Augusta", last_name: "King" }, "account, another name");
  const kept = await visitor.form("/account/profile").locator("[name=first_name]").inputValue();
  await visitor.expect("the name is kept", kept === "Augusta");
}

async function showPicture(visitor) {
  const picture = visitor.page.locator("main img");
  await visitor.submit("/account/avatar", { picture: PICTURE }, "account, a picture");
  const loaded = picture.first().evaluate((image) => image.complete && image.naturalWidth > 0);
  await visitor.expect("the picture is shown", loaded);
  await visitor.submit("/account/avatar/remove", {}, "account, no picture");
  await visitor.expect("no picture is shown", (await picture.count()) === 0);
}

async function keepAttribute(visitor) {
  const attribute = visitor.form("/account/attributes").locator("[name=text]");
  const remove = visitor.form("/account/attributes/remove");
  await visitor.submit("/account/attributes", { key: "theme", text: "aubergine" }, "account, an attribute");
  await visitor.expect("the attribute is shown", (await attribute.inputValue()) === "aubergine");
  await visitor.submit("/account/attributes", { text: "lilac" }, "account, another attribute");
  await visitor.expect("the attribute has changed", (await attribute.inputValue()) === "lilac");
  await visitor.submit("/account/attributes/remove", {}, "account, no attribute");
  await visitor.expect("no attribute is left", (await remove.count()) === 0);
}
