// What is said of offline use, in each language. Parts are HTML.

export const OFFLINE = {
    en: {
        short: 'Linux isolation',
        title: 'Without a network',
        what: 'Your browser can keep the whole site, in both languages and with the Linux machine. Nothing is kept before you ask for it.',
        room: 'For a workshop, serve it from a computer in the room',
        keep: 'Keep for offline use',
        remove: 'Remove it',
        keeping: 'Keeping it: SOME of ALL MB',
        kept: 'Kept: all pages and the machine work without a network. When there is a new edition, it is fetched in the background, and the next page that you load comes from it.',
        failed: 'Not everything could be kept: the network failed, the site is being updated, or the browser has no room. Try again; what has come already is not fetched again.',
        removed: 'Removed.',
        none: 'This browser, or a private window of it, does not let a site be kept for offline use. Everything else works.',
        http: 'This address begins with http://, where browsers keep nothing for offline use, install nothing, and let pages read no clipboard. Everything else works.',
        file: 'This page is open as a file. Its text works like that; the Linux machine does not, and nothing can be kept for offline use. Serve the folder: in the project, <code>lab/serve</code>; anywhere, <code>python3 -m http.server</code> in this folder. Then open the address that it prints.',
    },
    ko: {
        short: '리눅스 격리',
        title: '네트워크가 없을 때',
        what: '두 언어의 책과 페이지 안의 리눅스까지, 사이트 전체를 브라우저에 저장해 둘 수 있습니다. 버튼을 누르기 전에는 저장하지 않습니다.',
        room: '워크숍에서는 행사장에 있는 컴퓨터 한 대에서 책을 제공할 수 있습니다',
        keep: '오프라인용으로 저장',
        remove: '저장한 것 지우기',
        keeping: '저장하는 중: SOME/ALL MB',
        kept: '저장했습니다. 네트워크가 없어도 모든 페이지와 리눅스를 쓸 수 있습니다. 새 판이 나오면 백그라운드에서 모두 받아 두고, 그다음에 여는 페이지부터 새 판으로 바뀝니다.',
        failed: '모두 저장하지 못했습니다. 네트워크가 끊겼거나, 사이트가 갱신되는 중이거나, 브라우저의 저장 공간이 모자랍니다. 다시 시도하면 이미 받은 것은 다시 받지 않습니다.',
        removed: '지웠습니다.',
        none: '이 브라우저나 시크릿 창에서는 사이트를 저장해 둘 수 없습니다. 다른 기능은 모두 쓸 수 있습니다.',
        http: '주소가 http://로 시작하면 브라우저가 오프라인용 저장과 설치, 클립보드 읽기를 허용하지 않습니다. 다른 기능은 모두 쓸 수 있습니다.',
        file: '이 페이지는 파일로 열려 있습니다. 글은 이대로 읽을 수 있지만 리눅스는 실행되지 않고, 오프라인용으로 저장할 수도 없습니다. 프로젝트에서 <code>lab/serve</code>를 실행하거나, 이 폴더에서 <code>python3 -m http.server</code>를 실행한 다음 화면에 나오는 주소를 여세요.',
    },
};
