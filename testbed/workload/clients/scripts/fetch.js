// SPDX-License-Identifier: Apache-2.0
//
// node fetch.js URL N: N requests by fetch, four at once. Prints how many were answered.
const [url, n] = [process.argv[2], Number(process.argv[3])];
let sent = 0, answered = 0;

async function some() {
  while (sent < n) {
    sent++;
    const response = await fetch(url);
    await response.text();
    answered++;
  }
}
Promise.all([some(), some(), some(), some()]).then(() => console.log(answered));
