"use strict";
// Functions of the core that take nothing but settings.

const { native } = require("./native.cjs");
const { wait } = require("./error.cjs");
const { settingsOf } = require("./options.cjs");

/** Calls one: its plain data, and the bytes of a file where it makes one. */
async function plain(name, settings) {
  const { value, file } = await wait(() => native.callPlain(name, settingsOf(settings)));
  return { value: JSON.parse(value), file };
}

module.exports = { plain };
