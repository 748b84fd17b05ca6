using ImagePrediction.Torture;

namespace ImagePrediction.Tests.Torture;

/// <summary>The checker of <c>bench/torture</c>, on histories small enough to read.</summary>
public sealed class CheckerTests
{
    private static readonly Guid One = new("01a20b7e-0000-7000-8000-000000000001"), Other = new("01a20b7e-0000-7000-8000-000000000002");

    private const string Answer = "succeeded True 0.912 - dog 0.912 10px 20px 300px 200px";

    // One picture posted before any disturbance, and the same one again, with a webhook, seen in every way.
    private static readonly Event[] Good =
    [
        Post(Other, "learned-0", 0) with { Client = -1 },
        Insert(Other, "learned-0", 0), Claim(Other, 0, version: 2), Finish(Other, 0, version: 3), Row(Other, "learned-0"), File(Other, "learned"),
        Post(One, "a-0", 1) with { Hook = true, Key = "key" }, Post(One, "a-1", 2) with { Hook = true, Key = "key", Version = 1 },
        Insert(One, "a-0", 0.9), Claim(One, 2.5, version: 2), Finish(One, 3, version: 3),
        Get(One, "queued", 1, 2.2), Seen(One, "processing", 2, 2.6), Seen(One, "succeeded", 3, 3.1), Stream(One, "succeeded", 3.2), Get(One, "succeeded", 3, 4),
        Hook(One, "succeeded", 4), new("told", "was final", 3.1) { Id = One, State = "succeeded" },
        new("fault", "KillPostgres", 100) { Began = 100 }, new("log", "api", 101) { Text = "fail: Npgsql" }, new("call", "list", 102) { Began = 101, Status = 0 },
        Row(One, "a-0"), File(One, "a"), Get(One, "succeeded", 3, 9) with { Op = "last" }, new("queue", "", 9) { Number = 0 }, new("process", "worker", 9) { Who = "worker/7", Number = 300 },
    ];

    /// <summary>What is added to the good history, or takes the place of an event in it, and the rule that this breaks.</summary>
    public static IEnumerable<TheoryDataRow<string, int>> Bad => Broken.Select((broken, number) => new TheoryDataRow<string, int>(broken.Rule, number));

    private static readonly (string Rule, Func<IEnumerable<Event>, IEnumerable<Event>> Break)[] Broken =
    [
        ("what was accepted is found until it is deleted", all => all.Where(what => what.Kind is not ("row" or "file") || what.Id != One)),
        ("what was accepted is found until it is deleted", all => all.Append(Get(One, null, null, 8) with { Status = 404 })),
        ("what was accepted is found until it is deleted", all => all.Append(Row(Guid.Empty, "c-0")).Append(File(Guid.Empty, "c"))),
        ("what was accepted becomes final", all => all.Append(Row(Guid.Empty, "c-0") with { State = "processing", Answer = null }).Append(File(Guid.Empty, "c"))),
        ("a state changes as the state machine allows, and a final one never", all => all.Append(Change(One, "succeeded", "failed", 5, 4))),
        ("a state changes as the state machine allows, and a final one never", all => all.Append(Change(One, "failed", "queued", 5, 4))),
        ("a state changes as the state machine allows, and a final one never", all => all.Append(Get(One, "queued", 3, 8))),
        ("a state changes as the state machine allows, and a final one never", all => all.Append(Change(One, "succeeded", "succeeded", 5, 3))),
        ("a state changes as the state machine allows, and a final one never", all => all.Append(Insert(Guid.Empty, "c-0", 5)).Append(Change(Guid.Empty, "queued", "canceled", 6, 2))),
        ("a state changes as the state machine allows, and a final one never", all => all.Append(Insert(Guid.Empty, "c-0", 5)).Append(Change(Guid.Empty, "queued", null, 6, null))),
        ("only the worker that holds a claim finishes it", all => all.Select(what => what.Before == "processing" && what.Id == One ? what with { Who = "ImagePrediction.Worker/8" } : what)),
        ("the answer is the one of an undisturbed run", all => all.Select(what => what.Kind == "row" && what.Id == One ? what with { Answer = "succeeded False 0.123 -" } : what)),
        ("the answer is the one of an undisturbed run", all => all.Select(what => what.Kind == "row" && what.Id == One ? what with { Answer = Answer.Replace("300px", "350px", StringComparison.Ordinal) } : what)),
        ("the answer is the one of an undisturbed run", all => all.Append(Get(One, "succeeded", 3, 8) with { Answer = "succeeded False 0.123 -" })),
        ("the answer is the one of an undisturbed run", all => all.Append(Hook(One, "succeeded", 5) with { Answer = "succeeded False 0.123 -" })),
        ("the answer is the one of an undisturbed run", all => all.Select(what => what.Kind == "row" && what.Id == One ? what with { Answer = "failed - - worker_lost", Number = 3 } : what)),
        ("versions only rise, for one reader and across readers", all => all.Append(Get(One, "processing", 2, 8))),
        ("versions only rise, for one reader and across readers", all => all.Append(Seen(One, "processing", 2, 8))),
        ("versions only rise, for one reader and across readers", all => all.Append(Seen(One, "processing", 2, 8) with { Began = 7.9, Who = "c2-s0" })),
        ("a canceled prediction stays canceled", all => all.Append(new("call", "cancel", 2.4) { Began = 2.3, Id = One, Status = 200, State = "canceled" })),
        ("a deleted prediction stays deleted", all => all.Append(Delete(One, 8))),
        ("a deleted prediction stays deleted", all => all.Append(Delete(One, 3.5))),
        ("a deleted prediction stays deleted", all => all.Append(Delete(One, 8)).Append(new("event", "listed", 9) { Id = One, State = "succeeded", Began = 8.5 })),
        ("what was refused left nothing behind", all => all.Select(what => what.Reference == "a-0" && what.Kind == "call" ? what with { Status = 503, Text = "Nothing was changed." } : what)),
        ("what was refused left nothing behind", all => all.Append(Delete(One, 8) with { Status = 503, Text = "Nothing was changed." }).Append(Change(One, "succeeded", null, 7.95, null))),
        ("what was refused left nothing behind", all => all.Append(new("call", "cancel", 8) { Began = 7.9, Id = One, Status = 409 }).Append(Change(One, "queued", "canceled", 7.95, 4))),
        ("one key makes one prediction", all => all.Append(Post(Guid.Empty, "c-0", 5) with { Key = "key" }).Append(Row(Guid.Empty, "c-0")).Append(File(Guid.Empty, "c"))),
        ("one key makes one prediction", all => all.Append(Insert(Guid.Empty, "a-0", 5)).Append(Row(Guid.Empty, "a-0") with { State = "queued", Version = 1, Answer = null })),
        ("a subscriber is told the end", all => all.Append(Stream(One, null, 9))),
        ("a subscriber is told the end", all => all.Append(Stream(One, "deleted", 9))),
        ("a subscriber is told the end", all => all.Append(Stream(One, "told nothing more", 9))),
        ("a webhook is told each final state, and no other", all => all.Where(what => what.Kind != "hook")),
        ("a webhook is told each final state, and no other", all => all.Append(Hook(One, "failed", 5))),
        ("a notice comes after the commit", all => all.Append(new("told", "was never final", 3) { Id = One, State = "processing" })),
        ("no row is without its image, and no image without a row or a reason", all => all.Where(what => what.Kind != "file")),
        ("no row is without its image, and no image without a row or a reason", all => all.Append(File(Guid.Empty, "c"))),
        ("no row is without its image, and no image without a row or a reason", all => all.Append(Delete(Guid.Empty, 8)).Append(File(Guid.Empty, "c"))),
        ("no row is without its image, and no image without a row or a reason", all => all.Select(what => what.Kind == "file" && what.Id == One ? what with { Bytes = 0 } : what)),
        ("no row is without its image, and no image without a row or a reason", all => all.Select(what => what.Kind == "file" && what.Id == One ? what with { Reference = "c" } : what)),
        ("the queue is empty in the end", all => all.Append(new("queue", "", 9) { Number = 1 })),
        ("no process grows without bound", all => all.Append(new("process", "api", 9) { Who = "api/9", Number = 2000 })),
        ("each response is one that the request deserves", all => all.Append(Get(One, null, null, 8) with { Status = 400 })),
        ("each response is one that the request deserves", all => all.Append(Post(Guid.Empty, "c-0", 5) with { Status = 415 })),
        ("each response is one that the request deserves", all => all.Append(new("call", "connect", 5) { Began = 5, Id = One, Status = 429 })),
        ("no error is logged, or answered, that no fault explains", all => all.Append(new("log", "api", 101) { Text = "crit: Microsoft.Extensions.Hosting.Internal.Host[10]" })),
        ("no error is logged, or answered, that no fault explains", all => all.Append(new("log", "worker", 101) { Text = "fail: StackExchange.Redis.ConnectionMultiplexer[89]" })),
        ("no error is logged, or answered, that no fault explains", all => all.Select(what => what.Kind == "fault" ? what with { Text = "not done: there is none" } : what)),
        ("no error is logged, or answered, that no fault explains", all => all.Select(what => what.Kind == "fault" ? what with { Op = "KillRedis" } : what)),
        ("no error is logged, or answered, that no fault explains", all => all.Append(Get(One, null, null, 200) with { Op = "last", Status = 503 })),
        ("no error is logged, or answered, that no fault explains", all => all.Append(new("log", "api", 50) { Text = "fail: Npgsql" })),
        ("no error is logged, or answered, that no fault explains", all => all.Append(new("call", "list", 51) { Began = 50, Status = 503 })),
        ("no error is logged, or answered, that no fault explains", all => all.Append(new("call", "list", 101) { Began = 101, Status = 500 })),
    ];

    [Fact]
    public void AHistoryAsItShouldBeBreaksNoRule() => Assert.Empty(Checker.Check(Good));

    [Theory]
    [MemberData(nameof(Bad))]
    public void AHistoryThatBreaksARuleIsFound(string rule, int number) =>
        Assert.Contains(rule, Checker.Check([.. Broken[number].Break(Good)]).Select(violation => violation.Rule));

    [Fact]
    public void EveryRuleIsBrokenHere() => Assert.Equal(Checker.RuleNames.Order(StringComparer.Ordinal), Broken.Select(broken => broken.Rule).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void WhatClientsMayDoIsNoViolation()
    {
        Event[] retriedThenDeleted =
        [
            Post(Guid.Empty, "c-0", 10), Insert(Guid.Empty, "c-0", 9.9), Claim(Guid.Empty, 10, 2), Change(Guid.Empty, "processing", "failed", 11, 3),
            new("call", "retry", 12) { Began = 11.5, Id = Guid.Empty, Status = 202, State = "queued", Version = 4 }, Change(Guid.Empty, "failed", "queued", 11.9, 4),
            Delete(Guid.Empty, 13), Change(Guid.Empty, "queued", null, 12.9, null), Stream(Guid.Empty, "deleted", 13), Get(Guid.Empty, null, null, 14) with { Status = 404 },
        ];
        Assert.Empty(Checker.Check([.. Good, .. retriedThenDeleted]));
    }

    [Fact]
    public void WhatWasUnknownMayHaveHappened()
    {
        var unknown = Post(Guid.Empty, "c-0", 101) with { Id = null, Status = 503, Text = "Whether the image was accepted is unknown.", State = null };
        Event[] made = [Insert(Guid.Empty, "c-0", 101), Claim(Guid.Empty, 102, 2), Finish(Guid.Empty, 103, 3), Row(Guid.Empty, "c-0"), File(Guid.Empty, "c")];
        Assert.Empty(Checker.Check([.. Good, unknown, .. made]));
        Assert.Empty(Checker.Check([.. Good, unknown, File(Guid.Empty, "c")]));
    }

    [Theory]
    [InlineData("HaltWorker", "cancel", 503, true)]
    [InlineData("HaltWorker", "get", 503, false)]
    [InlineData("ImagesAway", "post", 503, true)]
    [InlineData("ImagesAway", "list", 503, false)]
    [InlineData("KillApi", "get", 0, true)]
    [InlineData("KillApi", "get", 503, false)]
    [InlineData("HaltApi", "get", 503, true)]
    [InlineData("KillPostgres", "get", 503, true)]
    [InlineData("KillPostgres", "get", 500, false)]
    [InlineData("KillWorkers", "get", 0, false)]
    [InlineData("HaltRedis", "post", 0, false)]
    [InlineData("WrongClock", "post", 503, false)]
    public void AFaultExplainsOnlyTheErrorsThatItCanCause(string fault, string op, int status, bool explained)
    {
        var call = new Event("call", op, 101) { Began = 100, Status = status };
        Assert.Equal(explained, new Excuses([new("fault", fault, 90) { Began = 80 }]).Explains(call));
        Assert.False(new Excuses([new("fault", fault, 60) { Began = 50 }]).Explains(call)); // too long ago
        Assert.False(new Excuses([new("fault", fault, 90) { Began = 80, Text = "not done: there is none" }]).Explains(call));
    }

    [Theory]
    [InlineData("HaltRedis", "worker", "fail: StackExchange.Redis.ConnectionMultiplexer[89]", true)]
    [InlineData("HaltRedis", "api", "fail: ImagePrediction.Api.Errors.ProblemHandler[1]", false)]
    [InlineData("KillPostgres", "api", "fail: Microsoft.EntityFrameworkCore.Query[10100]", true)]
    [InlineData("KillPostgres", "api", "fail: StackExchange.Redis.ConnectionMultiplexer[89]", false)]
    [InlineData("KillPostgres", "worker", "crit: Microsoft.Extensions.Hosting.Internal.Host[10]", false)]
    [InlineData("HaltWorkers", "api", "fail: Microsoft.EntityFrameworkCore.Query[10100]", false)]
    [InlineData("ImagesAway", "api", "fail: ImagePrediction.Api.Errors.ProblemHandler[1]", true)]
    [InlineData("KillWorkers", "worker", "fail: ImagePrediction.Worker.Tasks.Outcomes[1]", false)]
    public void AFaultExplainsOnlyWhatIsLoggedBecauseOfIt(string fault, string service, string text, bool explained) =>
        Assert.Equal(explained, new Excuses([new("fault", fault, 90) { Began = 80 }]).ExplainsLog(new("log", service, 100) { Text = text }));

    [Theory]
    [InlineData("succeeded True 0.905 - dog 0.911 11px 19px 304px 199px", true)]
    [InlineData("succeeded True 0.912 - dog 0.912 10px 20px 300px 200px dog 0.6 1px 1px 9px 9px", false)]
    [InlineData("succeeded True 0.87 - dog 0.912 10px 20px 300px 200px", false)]
    [InlineData("succeeded True 0.912 - cat 0.912 10px 20px 300px 200px", false)]
    public void AnswersMayDifferInTheirLastDigits(string other, bool areEqual) => Assert.Equal(areEqual, Answers.AreEqual(Answer, other));

    private static Event Post(Guid id, string reference, double at) =>
        new("call", "post", at) { Began = at - 0.2, Client = 1, Id = id, Reference = reference, Photo = 3, Status = 202, State = "queued" };

    private static Event Get(Guid id, string? state, int? version, double at) =>
        new("call", "get", at) { Began = at - 0.1, Id = id, Status = 200, State = state, Version = version };

    private static Event Delete(Guid id, double at) => new("call", "delete", at) { Began = at - 0.1, Id = id, Status = 204 };

    private static Event Stream(Guid id, string? end, double at) => new("call", "stream", at) { Began = 1, Id = id, Who = "c1-s0", State = end };

    private static Event Seen(Guid id, string state, int version, double at) => new("event", "prediction", at) { Id = id, Who = "c1-s0", State = state, Version = version };

    private static Event Insert(Guid id, string reference, double at) =>
        new("change", "insert", at) { Id = id, Reference = reference, State = "queued", Version = 1, Who = "ImagePrediction.Api/5" };

    private static Event Claim(Guid id, double at, int version) => Change(id, "queued", "processing", at, version);

    private static Event Finish(Guid id, double at, int version) => Change(id, "processing", "succeeded", at, version);

    private static Event Change(Guid id, string before, string? state, double at, int? version) => new("change", state is null ? "delete" : "update", at)
    {
        Id = id, Before = before, State = state, Version = version, Who = "ImagePrediction.Worker/7", Holder = "machine/7",
    };

    private static Event Hook(Guid id, string state, double at) => new("hook", "", at) { Id = id, State = state, Status = 204, Text = $"message {state}" };

    private static Event Row(Guid id, string reference) => new("row", "", 9) { Id = id, Reference = reference, State = "succeeded", Version = 3, Answer = Answer, Number = 0, Bytes = 1000 };

    private static Event File(Guid id, string name) => new("file", "", 1) { Id = id, Reference = name, Bytes = 1000 };
}
