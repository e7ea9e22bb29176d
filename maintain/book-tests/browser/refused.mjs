// Under the terminal stands what decided that a call was refused, read from the kernel: in both
// languages, until the next command, and whatever the line on the terminal says.
//
//     node refused.mjs SITE [SCREENSHOTS]

import { holds, promptIsInSight, run } from './chapter.mjs';
import { accessible, check, end, open, origin } from './site.mjs';

const screenshots = process.argv[3];

const page = await open(1280, 'light', 'refused', { viewport: { width: 1280, height: 900 } });
await page.goto(`${origin}/en/user-namespaces.html`, { waitUntil: 'load' });

const section = page.locator('.lab-refused');

/** Waits until the explanation says something. */
const says = (text) => holds(page, (text) => document.querySelector('.lab-refused')?.textContent.includes(text), text);

/** Runs a command in a terminal, as a program of the page's would. */
const command = (text, terminal = 0) => page.evaluate(([text, terminal]) => {
    const shell = book.lab.shells[terminal];
    return shell.use(() => shell.command(text));
}, [text, terminal]);

/** A picture of it, to be looked at. */
const shoot = async (name) => screenshots && page.screenshot({ path: `${screenshots}/refused-${name}.png` });

const facts = () => section.locator('li').allInnerTexts();

// The chapter's first session is refused.
await run(page, 0);
check(await says('unshare: unshare failed: Operation not permitted'), 'nothing explains the refusal of the first session');
const [fact, ...others] = await facts();
check(/^✗ not met It needs CAP_SYS_ADMIN in its own user namespace, user:\[\d+\] \(initial\)\. Effective there: none\./.test(fact), `the first fact is ${fact}`);
check(others.length === 4 && others.every((it) => /^(✓ met|\? unknown) /.test(it)), `the others are ${others.join(' ')}`);
check(/change \d+, the last picture in which unshare \d+ was alive/.test(await section.innerText()), `it does not say from which picture it is: ${await section.innerText()}`);
check(await holds(page, () => document.querySelector('.lab-refused-status').textContent.startsWith('Refused: unshare:')), 'screen readers hear nothing');
check(await promptIsInSight(page, 0), 'the prompt is out of sight');
await accessible(page, '.lab-panel', 'a refusal');
await shoot('light');

// It is of its terminal, and goes with that one's next command, or when it is closed.
await command('true', 1);
check(await section.count() === 1, 'a command in the other terminal takes it away');
await page.getByRole('tab', { name: 'terminal 2' }).click();
check(await section.isHidden(), 'it is shown under the other terminal');
await page.getByRole('tab', { name: 'terminal 1' }).click();
await command('true');
check(await section.count() === 0, 'it is there still after the next command');
await command('step05-unshare -u true');
check(await says('step05-unshare: unshare(CLONE_NEWUTS): EPERM'), 'nothing explains the refusal of a step');
check((await facts()).join().startsWith('✗ not met It needs CAP_SYS_ADMIN'), `of the step it says ${await facts()}`);
await section.getByRole('button', { name: 'Close' }).focus();
await page.keyboard.press('Escape');
check(await section.count() === 0 && await page.evaluate(() => document.activeElement.closest('.lab-pane') !== null), 'Escape does not lead to the terminal');

// What stands on the terminal is text, and explains nothing by itself.
await command("echo '<b>x</b>: unshare(CLONE_NEWUTS): EPERM: Operation not permitted'");
await command('echo \'step05-unshare: unshare(<img src=x onerror="document.title=1">): EPERM: Operation not permitted\'');
check(await says('No picture shows step05-unshare alive'), `of what was only printed it says ${await section.allInnerTexts()}`);
check(await section.locator('img, b').count() === 0 && (await section.innerText()).includes('<img src=x'), 'the line is taken for markup');

// In Korean, on a phone, in the dark.
await page.evaluate(() => document.getElementById('mdbook-theme-navy').click());
await page.setViewportSize({ width: 390, height: 844 });
await command('step05-unshare -u true');
check(await says('EPERM'), 'nothing explains a refusal in a narrow window');
check(await section.locator('p').isHidden() && (await section.boundingBox()).height < 60, 'on a phone it is not folded up');
check(await promptIsInSight(page, 0), 'on a phone the prompt is out of sight');
await page.evaluate(() => { document.documentElement.lang = 'ko'; });
check(await says('조건 1개 가운데 1개 불충족'), 'in Korean it is as before');
await shoot('phone');
await section.locator('summary').click();
check((await facts()).join().startsWith('✗ 불충족 프로세스 자신의 user namespace인 user:['), `in Korean it says ${await facts()}`);
check(await promptIsInSight(page, 0), 'on a phone it covers the prompt');
const { x, width } = await section.boundingBox();
check(x >= 0 && x + width <= 390 && await section.evaluate((it) => it.scrollWidth <= it.clientWidth), `on a phone it is from ${x} to ${x + width}`);
await accessible(page, '.lab-panel', 'a refusal on a phone');
await shoot('phone-open');
await end();
