/// Hypotheses that are tested together, so that the chance of rejecting any true one is at most `level`, whichever
/// of them are true.
///
/// A weighted Bonferroni test of every intersection of hypotheses, by its shortcut (Hommel, Bretz and Maurer,
/// *Powerful short-cuts for multiple testing procedures*, Statistics in Medicine 2007). Each question has a share
/// of the level, which lies on its hypotheses in their order: most of it on the first. The weight of a hypothesis
/// that is rejected goes to the next one of its question (the fallback procedure: Wiens, *A fixed sequence
/// Bonferroni procedure*, Pharmaceutical Statistics 2003), and from a question that is answered to the others.
package struct TestFamily: Sendable {
  package struct Hypothesis: Hashable, Sendable {
    /// P of what was observed, or more, where the hypothesis is true.
    package var chance: Double
    /// It is never rejected at a level above this.
    package var limit: Double
    /// Another one, by its question and its place there, that has to be rejected first.
    package var gate: Position?

    package init(chance: Double, limit: Double, gate: Position? = nil) {
      self.chance = chance
      self.limit = limit
      self.gate = gate
    }
  }

  package struct Position: Hashable, Sendable {
    package var question: Int
    package var place: Int

    package init(question: Int, place: Int) {
      self.question = question
      self.place = place
    }
  }

  package struct Question: Sendable {
    package var share: Double
    /// What the first one has of the share; the others have equal parts of the rest.
    package var first: Double
    /// In the order in which they are tested.
    package var hypotheses: [Hypothesis]

    package init(share: Double, first: Double, hypotheses: [Hypothesis]) {
      self.share = share
      self.first = first
      self.hypotheses = hypotheses
    }
  }

  package struct Outcome: Hashable, Sendable {
    /// At which it was tested in the end.
    package var level: Double
    package var isRejected: Bool
  }

  private let level: Double
  private let questions: [Question]

  /// - Parameters:
  ///   - level: the chance of any false rejection, at most.
  ///   - questions: those without a hypothesis are left out of the shares.
  package init(level: Double, questions: [Question]) {
    self.level = level
    self.questions = questions
  }

  /// By question and place.
  package var outcomes: [[Outcome]] {
    var outcomes = questions.map { $0.hypotheses.map { _ in Outcome(level: 0, isRejected: false) } }
    while true {
      let levels = levels(outcomes)
      var hasRejected = false
      for (q, question) in questions.enumerated() {
        for (place, hypothesis) in question.hypotheses.enumerated()
        where !outcomes[q][place].isRejected {
          outcomes[q][place].level = min(levels[q][place], hypothesis.limit)
          let isOpen = hypothesis.gate.map { outcomes[$0.question][$0.place].isRejected } ?? true
          if isOpen, hypothesis.chance <= outcomes[q][place].level {
            outcomes[q][place].isRejected = true
            hasRejected = true
          }
        }
      }
      if !hasRejected { return outcomes }
    }
  }

  /// How the level is divided among the hypotheses that are not rejected yet.
  private func levels(_ outcomes: [[Outcome]]) -> [[Double]] {
    var levels = outcomes.map { $0.map { _ in 0.0 } }
    let total = questions.reduce(0) { $0 + ($1.hypotheses.isEmpty ? 0 : $1.share) }
    let open = outcomes.map { $0.firstIndex { !$0.isRejected } }
    for (q, question) in questions.enumerated() where !question.hypotheses.isEmpty {
      var next = open[q]
      for place in question.hypotheses.indices {
        let own = level * question.share / total * question.part(of: place)
        if let known = next, known < place {
          next = outcomes[q][place...].firstIndex { !$0.isRejected }
        }
        if let next {
          levels[q][next] += own
          continue
        }
        // Nothing is left behind it: the other questions share it, or what is left of its own has it.
        let others = questions.indices.filter { $0 != q && open[$0] != nil }
        let shares = others.reduce(0) { $0 + questions[$1].share }
        for other in others {
          if let first = open[other] {
            levels[other][first] += own * questions[other].share / shares
          }
        }
        if others.isEmpty, let first = open[q] { levels[q][first] += own }
      }
    }
    return levels
  }
}

extension TestFamily.Question {
  /// What the hypothesis at a place has of the share to begin with.
  fileprivate func part(of place: Int) -> Double {
    guard hypotheses.count > 1 else { return 1 }
    return place == 0 ? first : (1 - first) / Double(hypotheses.count - 1)
  }
}
