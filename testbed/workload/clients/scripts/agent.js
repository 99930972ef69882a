// SPDX-License-Identifier: Apache-2.0
//
// node agent.js URL N: N requests over the connections that a keep-alive agent of the
// module http holds open, four at once. Prints how many were answered.
const http = require('http');
const [url, n] = [process.argv[2], Number(process.argv[3])];
const agent = new http.Agent({keepAlive: true, maxSockets: 4});
let sent = 0, answered = 0;

function next() {
  if (sent === n) return;
  sent++;
  http.get(url, {agent}, (response) => {
    response.resume();
    response.on('end', () => {
      if (++answered === n) {
        agent.destroy();
        console.log(answered);
      }
      next();
    });
  });
}
for (let i = 0; i < 4; i++) next();
