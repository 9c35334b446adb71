using NetPol.Controller.Leadership;
using NetPol.Controller.Security;
using NetPol.Protocol.Status;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.Security;

/// <summary><c>manifests/admission</c> lets the controller create what it creates, and the Role lets it do so.</summary>
[TestClass, TestCategory("Unit")]
public sealed class AdmissionPolicyTests
{
    private static readonly string Policy = File.ReadAllText(Path.Combine(Repository.Root, "manifests/admission/controller-names.yaml"));
    private static readonly string Role = File.ReadAllText(Path.Combine(Repository.Root, "manifests/base/controller-rbac.yaml"));

    [TestMethod]
    public void The_policy_names_what_the_controller_creates_and_nothing_else() => Assert.Contains(
        $"{{'secrets': ['{CertificateManager.SecretName}'], 'configmaps': ['{CertificateManager.ConfigMapName}', '{NodeAddressReports.ConfigMapName}', '{ReplicaReport.ConfigMapName}'], 'leases': ['{LeaderElectionService.LeaseName}']}}",
        Policy);

    [TestMethod]
    [DataRow("secrets")]
    [DataRow("configmaps")]
    [DataRow("leases")]
    public void Each_kind_that_the_role_lets_it_create_is_limited(string resource)
    {
        // The only verbs without names in the Role are these.
        Assert.Contains("resources: [secrets, configmaps]\n    verbs: [create]", Role);
        Assert.Contains("resources: [leases]\n    verbs: [create]", Role);
        Assert.Contains($"'{resource}': [", Policy);
        Assert.Contains(resource, Policy.Split("operations: [CREATE]", 2)[1].Split("matchConditions", 2)[0]);
    }

    [TestMethod]
    public void The_policy_is_about_the_account_that_the_role_is_bound_to_and_denies()
    {
        Assert.Contains("name: netpol-controller\n    namespace: netpol-system", Role);
        Assert.Contains("'system:serviceaccount:netpol-system:netpol-controller'", Policy);
        Assert.Contains("validationActions: [Deny]", Policy);
        Assert.Contains("failurePolicy: Fail", Policy);
    }
}
