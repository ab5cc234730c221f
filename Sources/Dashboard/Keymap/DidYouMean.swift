/// How an error names the nearest known name, when there is one.
func didYouMean(_ nearest: String?) -> String { nearest.map { ", did you mean \"\($0)\"?" } ?? "" }
