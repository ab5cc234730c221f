/// What a key, a menu entry, a hint or the palette can ask for; the raw value is the name that keymap files use.
public enum Command: String, CaseIterable, Hashable, Sendable {
    // Movement
    case up = "cursor.up", down = "cursor.down", pageUp = "cursor.page-up", pageDown = "cursor.page-down"
    case halfUp = "cursor.half-up", halfDown = "cursor.half-down", top = "cursor.top", bottom = "cursor.bottom"
    case left = "scroll.left", right = "scroll.right"
    // Everywhere
    case open, back, leave, quit, help, filter, commandLine = "command-line", palette, menu = "action-menu"
    case nextMatch = "match.next", previousMatch = "match.previous"
    case overview = "view.overview", tasks = "view.tasks", queues = "view.queues", workers = "view.workers", beat = "view.beat", workflows = "view.workflows", errors = "view.errors", log = "view.log", lastView = "view.last"
    case nextPane = "pane.next", previousPane = "pane.previous", zoomIn = "pane.zoom-in", zoomOut = "pane.zoom-out"
    case nextTab = "tab.next", previousTab = "tab.previous"
    case mark = "mark.toggle", markRange = "mark.range", markAll = "mark.all", markNone = "mark.none"
    case sort = "sort.menu", sortLeft = "sort.left", sortRight = "sort.right", sortReverse = "sort.reverse"
    case settings, wide, follow, freeze, refresh, redraw, suspend
    case failures, copyID = "copy.id", copyRecord = "copy.record", raw, time, rowLog = "log.row", save
    case events = "events.switch", undo, stopJob = "job.stop"
    // The destructive pair, in every view
    case remove = "take-away", removeHard = "take-away.hard"
    // Tasks
    case retry = "task.retry", clone = "task.clone", newTask = "task.send"
    case info = "task.info", traceback = "task.traceback", family = "task.family"
    // Queues
    case peek = "queue.peek", editMessage = "message.edit", moveMessages = "message.move", serveFirst = "message.first", serveLast = "message.last"
    // Workers
    case shrink = "pool.shrink", grow = "pool.grow", consumers = "worker.consumers"
    // Beat
    case upcoming = "entry.upcoming", suspendEntry = "entry.suspend", trigger = "entry.trigger", skip = "entry.skip", editEntry = "entry.edit", addEntry = "entry.add"
    case pauseBeat = "beat.pause"
}

extension Command {
    /// Where a binding applies.
    public enum Place: String, CaseIterable, Hashable, Sendable {
        case everywhere, tasks, queues, workers, beat
    }

    public var place: Place {
        switch self {
        case .info, .traceback, .family, .retry, .clone, .newTask: .tasks
        case .peek, .editMessage, .moveMessages, .serveFirst, .serveLast: .queues
        case .shrink, .grow, .consumers: .workers
        case .upcoming, .suspendEntry, .trigger, .skip, .editEntry, .addEntry, .pauseBeat: .beat
        default: .everywhere
        }
    }

    /// What it does, for the help and the palette.
    public var title: String {
        switch self {
        case .up: "up"
        case .down: "down"
        case .pageUp: "one page up"
        case .pageDown: "one page down"
        case .halfUp: "half a page up"
        case .halfDown: "half a page down"
        case .top: "first row; in tasks and workflows: the newest, without a selection"
        case .bottom: "last row"
        case .left: "scroll columns left; previous tab"
        case .right: "scroll columns right; next tab"
        case .open: "open what is selected"
        case .back: "close, clear the filter, go back"
        case .leave: "go back; on a top view quit"
        case .quit: "quit at once"
        case .help: "keys of this view"
        case .filter: "filter rows; search in a text"
        case .commandLine: "command line"
        case .palette: "all commands, by name"
        case .menu: "what can be done with this row"
        case .nextMatch: "next match in the text"
        case .previousMatch: "previous match in the text"
        case .overview: "overview"
        case .tasks: "tasks"
        case .queues: "queues"
        case .workers: "workers"
        case .beat: "beat: schedule entries"
        case .workflows: "workflows"
        case .errors: "errors: failures by exception and task"
        case .log: "log of actions"
        case .lastView: "the view before this one"
        case .nextPane: "next pane"
        case .previousPane: "previous pane"
        case .zoomIn: "let the pane fill the screen"
        case .zoomOut: "show all panes again"
        case .nextTab: "next tab"
        case .previousTab: "previous tab"
        case .mark: "mark or unmark the row"
        case .markRange: "mark from here; again: to here"
        case .markAll: "mark all rows shown, or all that match the filter"
        case .markNone: "unmark all"
        case .sort: "choose what to sort by"
        case .sortLeft: "sort by the column to the left"
        case .sortRight: "sort by the column to the right"
        case .sortReverse: "sort the other way round"
        case .settings: "times, theme and columns"
        case .wide: "wide columns; wrap in a text"
        case .follow: "follow the newest"
        case .freeze: "freeze the picture"
        case .refresh: "ask broker and workers again"
        case .redraw: "draw the screen anew"
        case .suspend: "suspend to the shell"
        case .failures: "only failures"
        case .copyID: "copy the id or name"
        case .copyRecord: "copy the whole record as JSON"
        case .raw: "the whole record as JSON"
        case .time: "times: relative, local, UTC"
        case .rowLog: "log of actions on this row"
        case .save: "save this table (CSV or JSON)"
        case .events: "switch task events on or off"
        case .undo: "take back what was done last to messages or the schedule"
        case .stopJob: "stop a job under way"
        case .editMessage: "edit the message"
        case .moveMessages: "move the messages to another queue"
        case .serveFirst: "serve the messages first: to the front of their queue"
        case .serveLast: "serve the messages last: to the end of their queue"
        case .remove: "take away: revoke a task, delete messages, remove a schedule entry"
        case .removeHard: "take away hard: terminate a task, purge a queue, shut a worker down"
        case .retry: "retry: send the task, or a whole group of failures, again"
        case .clone: "clone: send another task like this one"
        case .newTask: "send a new task"
        case .info: "summary of the task"
        case .traceback: "traceback of the task"
        case .family: "workflow of the task: parents, children, group"
        case .peek: "look at the messages that wait in the queue"
        case .shrink: "shrink the pool"
        case .grow: "grow the pool"
        case .consumers: "start or stop consuming a queue"
        case .upcoming: "next 20 runs, in three time zones"
        case .suspendEntry: "suspend or resume the entry"
        case .trigger: "send the entry's task now"
        case .skip: "leave out the next run"
        case .editEntry: "edit the entry"
        case .addEntry: "add an entry"
        case .pauseBeat: "pause the whole beat: suspend all entries"
        }
    }

    /// One or two words for the hint line.
    public var hint: String {
        switch self {
        case .open: "open"
        case .filter: "filter"
        case .commandLine: "command"
        case .palette: "palette"
        case .help: "help"
        case .menu: "actions"
        case .sort: "sort"
        case .remove: "revoke"
        case .removeHard: "terminate"
        case .failures: "failures"
        case .nextPane: "pane"
        case .nextTab: "tab"
        case .zoomIn: "zoom"
        case .zoomOut: "all panes"
        case .back: "back"
        case .leave: "leave"
        case .events: "events"
        case .retry: "retry"
        case .clone: "clone"
        case .newTask: "send"
        case .peek: "peek"
        case .editMessage: "edit"
        case .moveMessages: "move"
        case .serveFirst: "first"
        case .serveLast: "last"
        case .stopJob: "stop the job"
        case .shrink: "shrink"
        case .grow: "grow"
        case .consumers: "consumers"
        case .upcoming: "next runs"
        case .suspendEntry: "suspend"
        case .trigger: "trigger"
        case .skip: "skip"
        case .editEntry: "edit"
        case .addEntry: "add"
        case .pauseBeat: "pause all"
        case .undo: "undo"
        case .wide: "wide"
        case .copyID: "copy"
        case .copyRecord: "copy JSON"
        case .time: "times"
        case .raw: "raw"
        case .mark: "mark"
        case .save: "save"
        case .freeze: "freeze"
        case .rowLog: "log"
        case .traceback: "traceback"
        case .family: "workflow"
        case .nextMatch: "next"
        case .refresh: "refresh"
        default: title
        }
    }

    /// Changes something in the cluster; always asks first.
    public var isActing: Bool {
        switch self {
        case .remove, .removeHard, .shrink, .grow, .consumers, .events, .undo, .editMessage, .moveMessages, .serveFirst, .serveLast: true
        case .retry, .clone, .newTask: true
        case .suspendEntry, .trigger, .skip, .editEntry, .addEntry, .pauseBeat: true
        default: false
        }
    }
}
