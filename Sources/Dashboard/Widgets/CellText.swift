import CeleriacCore

/// What a table's cell says, in one or more lengths: the longest that fits is shown.
struct CellText: Hashable, Sendable {
    /// Longest first; the last one is cut when even that does not fit.
    var variants: [String]
    var style: Style

    init(_ text: String, _ role: Role = .text, _ emphasis: Style.Emphasis = []) {
        self.init([text], role, emphasis)
    }

    init(_ variants: [String], _ role: Role = .text, _ emphasis: Style.Emphasis = []) {
        self.variants = variants
        style = Style(role, emphasis)
    }

    static let empty = CellText("")
    /// Makes no sense here.
    static let notApplicable = CellText("-", .dim)

    func fitting(_ width: Int) -> String {
        for text in variants where DisplayWidth.columns(of: text) <= width { return text }
        return DisplayWidth.cut(variants.last ?? "", to: width, ellipsis: Glyphs.unicode.ellipsis)
    }
}

extension CellText {
    /// One of the four words of every cell, or the value with its mark.
    init<Content>(_ fact: Fact<Content>, _ context: DrawContext, _ role: Role = .text, format: (Content) -> String) {
        switch fact {
        case .asking: self.init(context.glyphs.asking, .dim)
        case .notApplicable: self = .notApplicable
        case .noAnswer(let last, let at):
            let age = at.map { " " + Formats.age(context.now - $0) } ?? ""
            let old = last.map { [format($0) + " ?" + age, format($0) + " ?"] } ?? []
            self.init(old + ["?" + age, "?"], .stale)
        case .known(let value): self.init(format(value), role)
        case .inferred(let value): self.init("≈" + format(value), role)
        case .atLeast(let value): self.init("≥" + format(value), role)
        }
    }

    /// A figure that is nothing special when zero.
    init(count fact: Fact<Int>, _ context: DrawContext, _ role: Role = .text) {
        self.init(fact, context, fact.value == 0 ? .dim : role, format: Formats.count)
        variants += CellText(fact, context, format: Formats.roughCount).variants
    }

    /// Rounded where it does not fit: what is cut would be another number.
    init(count: Int, unit: String = "", _ role: Role = .text) {
        self.init([Formats.count(count) + unit, Formats.roughCount(count) + unit], role)
    }

    /// Seconds, rounded where they do not fit.
    init(duration fact: Fact<Double>, _ context: DrawContext, _ role: Role = .text) {
        self.init(fact, context, role, format: Formats.duration)
        variants += CellText(fact, context, format: Formats.roughDuration).variants
    }

    /// Foreign text, made safe to show; `-` when there is none.
    init(foreign text: String?, _ role: Role = .text) {
        guard let text, !text.isEmpty else { self = .notApplicable; return }
        self.init(safe(text), role)
    }

    /// Seconds.
    init(seconds: Double?, _ role: Role = .text) {
        guard let seconds else { self = .notApplicable; return }
        self.init([Formats.duration(seconds), Formats.roughDuration(seconds)], role)
    }
}

/// What drawing must know besides the data.
struct DrawContext: Hashable, Sendable {
    /// Seconds since 1970.
    var now: Double
    var timeMode: TimeMode
    var zone: Zone
    /// The link is down: what is shown is old, and shown as such.
    var isStale: Bool
    var glyphs = Glyphs.unicode

    /// An instant as the user wants it: `3 s ago`, `14:32:05`.
    func time(_ instant: Double) -> String {
        switch timeMode {
        case .relative: instant > now + 0.5 ? "in " + Formats.duration((instant - now).rounded()) : Formats.age(max(0, now - instant)) + " ago"
        case .local: Formats.clock(instant, zone)
        case .utc: Formats.clock(instant, .utc)
        }
    }

    /// With its date and thousandths.
    func exactTime(_ instant: Double) -> String {
        let zone = timeMode == .utc ? Zone.utc : self.zone
        return Formats.date(instant, zone).prefix(11) + Formats.fineClock(instant, zone) + " " + zone.name
    }
}
