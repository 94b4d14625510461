// What a person sees who comes without the token: after a restart, by an old tab, by a link.

export function refusalPage(nonce: string): string {
  return PAGE.replace('%NONCE%', nonce)
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Open the lab from your terminal</title>
<style nonce="%NONCE%">
  :root { color-scheme: light dark; font: 16px/1.55 system-ui, sans-serif }
  body { margin: 0; padding: 12vh 20px 20px; background: light-dark(#f6f7f8, #14171a);
    color: light-dark(#1c2126, #e4e8ec) }
  main { box-sizing: border-box; max-width: 620px; margin: 0 auto; padding: 24px 28px;
    background: light-dark(#fff, #1c2024); border: 1px solid light-dark(#d9dde2, #363c43);
    border-radius: 8px }
  h1 { margin: 0 0 12px; font-size: 20px }
  p { margin: 0 0 12px }
  p:last-child { margin: 0; color: light-dark(#5a6570, #9ba6b1) }
  code { font: 14px ui-monospace, monospace; white-space: nowrap }
</style>
</head>
<body>
<main>
<h1>Open the address in your terminal</h1>
<p>This page belongs to whoever started it. Its whole address, with the token that lets you in,
stands in the terminal where <code>redis-tls-mock lab</code> runs.</p>
<p>Did the lab start anew? Then the old address is void: take the new one.</p>
<p>Did somebody send you this link? It holds rules: Start
<code>redis-tls-mock lab 'LINK'</code> to see them in a lab of your own.</p>
</main>
</body>
</html>
`
