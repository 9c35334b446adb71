namespace NetPol.Agent.Tests;

[TestClass, TestCategory("Unit")]
public sealed class ServiceAddressTests
{
    [TestMethod]
    public void The_port_named_stream_counts_whichever_comes_first() => Assert.AreEqual("10.96.0.7:9443", AgentCommand.ServiceAddress(name => name switch
    {
        "NETPOL_CONTROLLER_SERVICE_HOST" => "10.96.0.7",
        // The kubelet writes the first port of the Service here: with manifests/page that is the page's.
        "NETPOL_CONTROLLER_SERVICE_PORT" => "9448",
        "NETPOL_CONTROLLER_SERVICE_PORT_STREAM" => "9443",
        _ => null,
    }));

    [TestMethod]
    public void An_IPv6_address_is_in_brackets_and_a_port_without_a_name_will_do() => Assert.AreEqual("[fd96::7]:9443", AgentCommand.ServiceAddress(name => name switch
    {
        "NETPOL_CONTROLLER_SERVICE_HOST" => "fd96::7",
        "NETPOL_CONTROLLER_SERVICE_PORT" => "9443",
        _ => null,
    }));

    [TestMethod]
    public void Without_the_Service_there_is_none() => Assert.IsNull(AgentCommand.ServiceAddress(_ => null));
}
