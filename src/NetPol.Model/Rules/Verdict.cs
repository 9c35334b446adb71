namespace NetPol.Model.Rules;

public enum Verdict
{
    Allow,
    Deny,
}
