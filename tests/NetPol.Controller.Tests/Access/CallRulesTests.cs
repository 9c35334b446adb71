using NetPol.Controller.Access;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Tests.Access;

[TestClass, TestCategory("Unit")]
public sealed class CallRulesTests
{
    [TestMethod]
    public void Every_call_has_a_rule_and_the_rule_knows_whether_the_caller_sends_a_stream()
    {
        var methods = new[] { NodeRules.Descriptor, FlowRecords.Descriptor, Inspections.Descriptor, NodeStatsService.Descriptor }.SelectMany(s => s.Methods).ToList();
        CollectionAssert.AreEquivalent(methods.ConvertAll(m => $"/{m.Service.FullName}/{m.Name}"), CallRules.All.Select(r => r.Path).ToList());
        foreach (var method in methods)
            Assert.AreEqual(method.IsClientStreaming, CallRules.Find($"/{method.Service.FullName}/{method.Name}")!.IsStream, method.FullName);
    }
}
