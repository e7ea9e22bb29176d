// What is told of a refused call, in both languages.

import { isKorean } from '../page/language.js';

/** @typedef {number | undefined} Value */

const english = {
    title: 'Why it was refused',
    from: (/** @type {string} */ who, /** @type {number} */ number) => `From change ${number}, the last picture in which ${who} was alive. What it did after that was not seen.`,
    fromShell: (/** @type {string} */ who, /** @type {string} */ program, /** @type {number} */ number) =>
        `No picture shows ${program} alive. This is the shell that started it, ${who}, at change ${number}: a program inherits the namespaces of its shell. execve computes its capabilities anew, but unless it is set-user-ID or the like, they are usually those of the shell.`,
    none: (/** @type {string} */ program) => `No picture shows ${program} alive, so what decided is not known.`,
    several: (/** @type {number} */ count) => `There were ${count} processes of this name; this is the youngest.`,
    summary: (/** @type {number} */ failed, /** @type {number} */ all) => (failed > 0
        ? `not met: ${failed} of ${all}` : 'nothing that the page reads explains it'),
    announced: (/** @type {string} */ line, /** @type {string} */ summary) => `Refused: ${line}. Under the terminal: ${summary}.`,
    close: 'Close',
    verdicts: { met: 'met', 'not met': 'not met', unknown: 'unknown' },
    initial: 'initial',

    own: (/** @type {string} */ user) => `in its own user namespace, ${user}`,
    ownerOf: (/** @type {string} */ what, /** @type {string} */ user) => `in ${user}, the owner of ${what}`,
    inside: (/** @type {string} */ user) => `in ${user}`,
    above: (/** @type {string} */ user, /** @type {string} */ below) => `in ${user}, the parent of ${below}`,
    needs: (/** @type {string} */ capability, /** @type {string} */ where) => `It needs ${capability} ${where}.`,
    effective: (/** @type {string} */ set) => `Effective there: ${set}.`,
    isCreator: 'Its user made that user namespace, or one above it, and so has all capabilities there.',
    isOutside: (/** @type {string} */ user) => `The process is in ${user}, so its capabilities do not count there.`,
    exceptUser: 'Together with a new user namespace no kind needs a capability; without one, every other kind does.',

    userMapped: (/** @type {string} */ what, /** @type {number} */ id, /** @type {string} */ user) => `For a new user namespace, its effective ${what} (${id}, as the kernel holds it) must be mapped in ${user}.`,
    notChrooted: 'For a new user namespace, its root directory must be that of its mount namespace (no chroot).',
    notDeeper: (/** @type {string} */ kind, /** @type {number} */ level, /** @type {number} */ most) =>
        `The new ${kind} namespace must not be deeper than level ${most}; the process is at level ${level}.`,
    limit: (/** @type {string} */ kind, /** @type {number} */ uid, /** @type {string} */ user) => `User ${uid} must have fewer ${kind} namespaces in ${user} than its user.max_${kind}_namespaces.`,
    limitIs: (/** @type {Value} */ used, /** @type {number} */ limit) => `${used ?? '?'} of ${limit}.`,
    sameChildren: 'Its next child must not be in another PID namespace already (pid_for_children).',
    sysctl: 'kernel.unprivileged_userns_clone, a security module and the like must allow it.',

    pidsMax: (/** @type {string} */ path) => `Cgroup ${path} must have fewer processes than its pids.max.`,
    pidsAre: (/** @type {number} */ current, /** @type {number} */ limit) => `${current} of ${limit}.`,
    noRefusal: 'Its pids.max, or one above it, must not have refused a process.',
    refusals: (/** @type {number} */ count) => `Since the line was entered: ${count}.`,
    otherLimits: 'The user’s limit of processes (ulimit -u) and those of the machine must not be reached.',
    init: (/** @type {string} */ pid) => `PID 1 of ${pid}, where its next child will be, must not have ended.`,

    whichNamespace: 'It needs CAP_SYS_ADMIN in the user namespace that owns what it enters.',
    notTold: 'The line does not tell the page which that is.',
    ptrace: (/** @type {string} */ who, /** @type {string} */ where) => `To look into ${who} it needs CAP_SYS_PTRACE ${where}, or the same user, group and user namespace, and no fewer capabilities.`,
    dumpable: 'The target must be dumpable.',
    otherProcess: 'To look into a process of another user it needs CAP_SYS_PTRACE in the user namespace of that process.',

    openPlace: (/** @type {string} */ type) => `Its mount namespace must already have ${type} mounted, with no locked mount that covers part of it.`,
    noPlace: (/** @type {string} */ type) => `It has no ${type} mounted.`,
    hasPlace: (/** @type {string} */ point) => `It has ${point}, and no locked mount in it.`,
    covered: (/** @type {string} */ points) => `Locked there: ${points}. Only what covers an empty directory does not count, and the page does not read which that is.`,
    isMounted: (/** @type {string} */ point) => `Something must be mounted at ${point}.`,
    notLocked: (/** @type {string} */ point) => `What is mounted at ${point} must not be locked, as what came from a more privileged mount namespace is.`,
    whichType: 'It needs CAP_SYS_ADMIN in the user namespace that owns what the file system shows: for proc the owner of its PID namespace, for sysfs that of its network namespace, for a disk the initial user namespace.',
    locked: 'Flags that are locked, as those of mounts from a more privileged mount namespace are, must not be cleared.',

    whichMap: 'It needs CAP_SYS_ADMIN in the user namespace of the process whose file this is.',
    mapWriter: (/** @type {string} */ user) => `The writer must be in ${user} or in its parent.`,
    mapEmpty: (/** @type {string} */ file, /** @type {string} */ user) => `The ${file} of ${user} must not have been written yet.`,
    hasParent: 'The user namespace must have a parent: the maps of the initial one cannot be written.',
    mapsOthers: (/** @type {string} */ capability, /** @type {string} */ where) => `To map more than itself it needs ${capability} ${where}.`,
    mapsSelf: (/** @type {string} */ user) => `To map only its own group it must have denied setgroups in ${user} before.`,
    mapWritten: (/** @type {string} */ user) => `The gid_map of ${user} must have been written.`,
    setgroupsAllowed: (/** @type {string} */ user) => `setgroups must be allowed in ${user}.`,

    modes: 'Otherwise the file’s owner and mode must allow its user or group. CAP_DAC_OVERRIDE counts only if the file’s owner and group are mapped in that user namespace.',
    noPrivs: (/** @type {string} */ where) => `It must have set no_new_privs, or have CAP_SYS_ADMIN ${where}.`,
    setUserId: 'no_new_privs must not be set: with it, a set-user-ID program such as this one gets no privileges.',
    nosuid: 'The program must be set-user-ID, and its mount not nosuid.',
    ambient: (/** @type {string} */ capability) => `${capability} must be in its permitted and in its inheritable set.`,
    seccomp: (/** @type {number} */ filters) => `Its seccomp filters must allow the call: it has ${filters}.`,
    notRead: 'The page does not read this.',
};

/** @type {typeof english} */
const korean = {
    title: '거부된 까닭',
    from: (who, number) => `${who}의 마지막 모습인 변화 ${number}에서 읽었습니다. 그 뒤에 이 프로세스가 한 일은 보이지 않습니다.`,
    fromShell: (who, program, number) =>
        `${program}의 살아 있는 모습을 본 적이 없습니다. 대신 이 프로그램을 실행한 셸 ${who}의 변화 ${number} 때 상태입니다. 프로그램은 셸의 namespace를 물려받습니다. capability는 execve가 다시 계산하지만, set-user-ID 프로그램 등이 아니면 대개 셸과 같습니다.`,
    none: (program) => `${program}의 살아 있는 모습을 본 적이 없어, 무엇 때문에 거부되었는지 알 수 없습니다.`,
    several: (count) => `이름이 같은 프로세스가 ${count}개 있었고, 그중 가장 나중에 생긴 것입니다.`,
    summary: (failed, all) => (failed > 0 ? `조건 ${all}개 가운데 ${failed}개 불충족` : '이 페이지가 읽은 것으로는 설명되지 않습니다'),
    announced: (line, summary) => `거부됨: ${line}. 터미널 아래: ${summary}.`,
    close: '닫기',
    verdicts: { met: '충족', 'not met': '불충족', unknown: '알 수 없음' },
    initial: '부팅 때의 것',

    own: (user) => `프로세스 자신의 user namespace인 ${user}에서`,
    ownerOf: (what, user) => `${what}의 소유자인 ${user}에서`,
    inside: (user) => `${user}에서`,
    above: (user, below) => `${below}의 부모인 ${user}에서`,
    needs: (capability, where) => `${where} ${capability} 권한이 있어야 합니다.`,
    effective: (set) => `그곳에서의 effective: ${set}.`,
    isCreator: '이 프로세스의 사용자가 그 user namespace나 그 위의 것을 만들었으므로 그곳에서 모든 capability를 가집니다.',
    isOutside: (user) => `프로세스는 ${user}에 있으므로 그 capability는 그곳에서 통하지 않습니다.`,
    exceptUser: '새 user namespace를 함께 만들 때는 capability가 필요 없고, 다른 종류만 만들 때는 필요합니다.',

    userMapped: (what, id, user) => `새 user namespace를 만들려면 프로세스의 effective ${what}(커널이 가진 값은 ${id})가 ${user}에 매핑되어 있어야 합니다.`,
    notChrooted: '새 user namespace를 만들려면 프로세스의 루트 디렉터리가 마운트 namespace의 루트와 같아야 합니다(chroot 안이 아니어야 합니다).',
    notDeeper: (kind, level, most) => `새 ${kind} namespace는 ${most}단계보다 깊을 수 없습니다. 프로세스는 지금 ${level}단계에 있습니다.`,
    limit: (kind, uid, user) => `사용자 ${uid}의 ${kind} namespace 수가 ${user}의 user.max_${kind}_namespaces보다 적어야 합니다.`,
    limitIs: (used, limit) => `${limit}개 가운데 ${used ?? '?'}개 사용.`,
    sameChildren: '다음 자식이 이미 다른 PID namespace에 들어가게 되어 있지 않아야 합니다(pid_for_children).',
    sysctl: 'kernel.unprivileged_userns_clone, 보안 모듈 등이 허용해야 합니다.',

    pidsMax: (path) => `cgroup ${path}의 프로세스 수가 pids.max보다 적어야 합니다.`,
    pidsAre: (current, limit) => `${limit}개 가운데 ${current}개 사용.`,
    noRefusal: '이 cgroup이나 그 위의 pids.max가 프로세스 생성을 거부하지 않았어야 합니다.',
    refusals: (count) => `이 줄을 입력한 뒤 거부한 횟수: ${count}.`,
    otherLimits: '사용자의 프로세스 수 제한(ulimit -u)과 시스템 전체의 제한에 이르지 않았어야 합니다.',
    init: (pid) => `다음 자식이 들어갈 ${pid}의 PID 1이 끝나지 않았어야 합니다.`,

    whichNamespace: '들어가려는 namespace의 소유자인 user namespace에서 CAP_SYS_ADMIN 권한이 있어야 합니다.',
    notTold: '출력된 줄만으로는 그것이 무엇인지 알 수 없습니다.',
    ptrace: (who, where) => `${who}의 정보를 보려면 ${where} CAP_SYS_PTRACE 권한이 있거나, 사용자와 그룹과 user namespace가 같고 capability가 그보다 적지 않아야 합니다.`,
    dumpable: '대상 프로세스가 dumpable이어야 합니다.',
    otherProcess: '다른 사용자의 프로세스를 들여다보려면 그 프로세스의 user namespace에서 CAP_SYS_PTRACE 권한이 있어야 합니다.',

    openPlace: (type) => `잠긴 마운트가 아무것도 가리지 않은 ${type} 파일 시스템이 마운트 namespace에 이미 있어야 합니다.`,
    noPlace: (type) => `마운트된 ${type} 파일 시스템이 없습니다.`,
    hasPlace: (point) => `마운트된 곳: ${point}. 그 안에 잠긴 마운트는 없습니다.`,
    covered: (points) => `그 안에서 잠긴 곳: ${points}. 빈 디렉터리를 가린 것은 괜찮지만, 어느 것이 그런지는 이 페이지가 읽지 않습니다.`,
    isMounted: (point) => `${point}에 무엇인가 마운트되어 있어야 합니다.`,
    notLocked: (point) => `${point}의 마운트가 잠겨 있지 않아야 합니다. 권한이 더 큰 마운트 namespace에서 온 마운트는 잠겨 있습니다.`,
    whichType: '파일 시스템이 보여 주는 것의 소유자인 user namespace에서 CAP_SYS_ADMIN 권한이 있어야 합니다. proc이면 PID namespace의 소유자, sysfs면 네트워크 namespace의 소유자, 디스크면 초기 user namespace입니다.',
    locked: '잠긴 플래그를 지우려는 것이 아니어야 합니다. 권한이 더 큰 마운트 namespace에서 온 마운트의 플래그는 잠겨 있습니다.',

    whichMap: '파일이 가리키는 프로세스의 user namespace에서 CAP_SYS_ADMIN 권한이 있어야 합니다.',
    mapWriter: (user) => `파일에 쓰는 프로세스가 ${user}나 그 부모 안에 있어야 합니다.`,
    mapEmpty: (file, user) => `${user}의 ${file}이 아직 기록되지 않았어야 합니다.`,
    hasParent: '부모가 있는 user namespace여야 합니다. 초기 user namespace의 매핑은 기록할 수 없습니다.',
    mapsOthers: (capability, where) => `자기 자신 말고 다른 것도 매핑하려면 ${where} ${capability} 권한이 있어야 합니다.`,
    mapsSelf: (user) => `자기 그룹만 매핑하려면 먼저 ${user}에서 setgroups를 금지했어야 합니다.`,
    mapWritten: (user) => `${user}의 gid_map이 기록되어 있어야 합니다.`,
    setgroupsAllowed: (user) => `${user}에서 setgroups가 허용되어 있어야 합니다.`,

    modes: '아니면 파일의 소유자와 모드가 이 프로세스의 사용자나 그룹에게 허용해야 합니다. CAP_DAC_OVERRIDE는 파일의 소유자와 그룹이 그 user namespace에 매핑되어 있을 때만 통합니다.',
    noPrivs: (where) => `no_new_privs를 설정했거나, ${where} CAP_SYS_ADMIN 권한이 있어야 합니다.`,
    setUserId: 'no_new_privs가 설정되어 있지 않아야 합니다. 설정되어 있으면 이런 set-user-ID 프로그램도 권한을 얻지 못합니다.',
    nosuid: '프로그램이 set-user-ID이고, 그 마운트가 nosuid가 아니어야 합니다.',
    ambient: (capability) => `${capability} 권한이 permitted와 inheritable에 모두 있어야 합니다.`,
    seccomp: (filters) => `seccomp 필터가 이 호출을 허용해야 합니다. 필터가 ${filters}개 있습니다.`,
    notRead: '이 페이지는 이것을 읽지 않습니다.',
};

/** The words in the language of the page, as it is now. */
export const refusalWords = () => (isKorean() ? korean : english);
