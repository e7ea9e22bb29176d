// The challenges, as a ladder: each asks no more than the chapters up to its own have told.

import aContainer from './a-container.js';
import allButOne from './all-but-one.js';
import anotherRoot from './another-root.js';
import bootedAYearAgo from './booted-a-year-ago.js';
import childElsewhere from './child-elsewhere.js';
import comeIn from './come-in.js';
import forItsChildren from './for-its-children.js';
import halfAProcessor from './half-a-processor.js';
import ignoresCtrlC from './ignores-ctrl-c.js';
import itComesThrough from './it-comes-through.js';
import itsOwnRoot from './its-own-root.js';
import lentUsers from './lent-users.js';
import loIsDown from './lo-is-down.js';
import lostName from './lost-name.js';
import noMoreProcesses from './no-more-processes.js';
import outliveIt from './outlive-it.js';
import privateTmp from './private-tmp.js';
import rootAndNot from './root-and-not.js';
import rootWithoutPower from './root-without-power.js';
import sixteenMebibytes from './sixteen-mebibytes.js';
import thawOne from './thaw-one.js';
import theNextChild from './the-next-child.js';
import theOrphan from './the-orphan.js';
import theTwin from './the-twin.js';
import threeHostnames from './three-hostnames.js';
import twoEnds from './two-ends.js';
import twoHostnames from './two-hostnames.js';
import twoLayers from './two-layers.js';
import whoEnds from './who-ends.js';
import whoSeesIt from './who-sees-it.js';
import zombies from './zombies.js';

/** @type {import('../judge/judge.js').Challenge[]} */
export const challenges = [
    theTwin,
    childElsewhere,
    twoHostnames,
    threeHostnames,
    comeIn,
    outliveIt,
    lostName,
    allButOne,
    theNextChild,
    forItsChildren,
    sixteenMebibytes,
    noMoreProcesses,
    rootAndNot,
    lentUsers,
    ignoresCtrlC,
    theOrphan,
    zombies,
    whoEnds,
    privateTmp,
    whoSeesIt,
    itComesThrough,
    twoLayers,
    anotherRoot,
    twoEnds,
    loIsDown,
    bootedAYearAgo,
    itsOwnRoot,
    rootWithoutPower,
    halfAProcessor,
    thawOne,
    aContainer,
];
