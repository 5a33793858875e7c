import Basics
import Reporting

extension ReportFile {
  /// All of it as text.
  var text: String {
    get throws { String(decoding: try bytes(), as: UTF8.self) }
  }

  /// All of it as JSON.
  var value: Value {
    get throws { try Value(json: bytes()) }
  }
}
