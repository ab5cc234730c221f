import CeleriacCore
extension Duration {
    var secondsValue: Value {
        let (seconds, attoseconds) = components
        return attoseconds == 0 ? .integer(Int(seconds)) : .number(self.seconds)
    }
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
