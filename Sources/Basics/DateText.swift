/// A moment in universal time: `2026-01-31 23:59:59 UTC`.
///
/// - Parameter seconds: since 1970; leap seconds are not counted.
package func date(seconds: Double) -> String {
  guard let time = CivilTime(seconds: seconds) else { return "?" }
  return "\(time.year)-\(time.month)-\(time.day) \(time.hour):\(time.minute):\(time.second) UTC"
}

/// The same in a form by which file names sort: `20260131T235959Z`.
package func compactDate(seconds: Double) -> String {
  guard let time = CivilTime(seconds: seconds) else { return "0" }
  return "\(time.year)\(time.month)\(time.day)T\(time.hour)\(time.minute)\(time.second)Z"
}

/// A moment's date and time of day in universal time.
private struct CivilTime {
  let year, month, day, hour, minute, second: String

  /// `nil` unless the number of seconds is within a few thousand years.
  init?(seconds: Double) {
    guard seconds.isFinite, seconds.magnitude < 1e11 else { return nil }
    func digits(_ number: Int, _ count: Int = 2) -> String {
      let text = "\(number)"
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let whole = Int(seconds.rounded(.down))
    let secondOfDay = ((whole % 86_400) + 86_400) % 86_400
    let date = civilDate((whole - secondOfDay) / 86_400)
    year = digits(date.year, 4)
    month = digits(date.month)
    day = digits(date.day)
    hour = digits(secondOfDay / 3600)
    minute = digits(secondOfDay / 60 % 60)
    second = digits(secondOfDay % 60)
  }
}

/// The Gregorian date a number of days after 1 January 1970.
///
/// Years are counted from March, so that the leap day comes last, in eras of 400 years, each with 146,097 days.
private func civilDate(_ days: Int) -> (year: Int, month: Int, day: Int) {
  let sinceMarch0 = days + 719_468
  let era = (sinceMarch0 >= 0 ? sinceMarch0 : sinceMarch0 - 146_096) / 146_097
  let dayOfEra = sinceMarch0 - era * 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  // Starting in March, months alternate between 31 and 30 days such that five of them have 153 days.
  let month = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * month + 2) / 5 + 1
  let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
  return (year, month < 10 ? month + 3 : month - 9, day)
}
