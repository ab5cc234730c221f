extension Look {
    /// The same on a terminal of `count` colours: none below 8. A text that would vanish in its ground is set apart and made faint.
    public func reduced(to count: Int) -> Look {
        guard count >= 8 else { return Look(emphasis: emphasis) }
        var look = self
        look.foreground = foreground.reduced(to: count)
        look.background = background.reduced(to: count)
        if foreground == .index(8), look.foreground != foreground {
            // Bright black is a grey; black, what remains of it, is the ground of most terminals.
            look.foreground = background == .default ? .default : .index(7)
            look.emphasis.insert(.faint)
        } else if look.foreground == look.background, foreground != background {
            look.foreground = look.background == .index(0) ? .index(7) : .index(0)
            look.emphasis.insert(.faint)
        }
        return look
    }
}
