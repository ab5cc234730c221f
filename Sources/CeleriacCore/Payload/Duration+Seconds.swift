extension Duration {
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }

    /// Seconds, as an integer when they are whole.
    package var secondsValue: Value {
        let (seconds, attoseconds) = components
        return attoseconds == 0 ? .integer(Int(seconds)) : .number(self.seconds)
    }
}
