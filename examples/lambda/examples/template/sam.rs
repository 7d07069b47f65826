use std::error::Error;

use dynamo_session::infrastructure::{Access, Infrastructure};
use shop::ShopSession;

/// The function and its HTTP API. `POLICY` is what the table allows it.
const FUNCTION: &str = r#"  ShopFunction:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Architectures:
        - arm64
      Handler: bootstrap
      CodeUri: ../../target/lambda/shop-function
      MemorySize: 256
      Timeout: 15
      Environment:
        Variables:
          SESSION_TABLE:
            Ref: SessionTable
          AWS_LAMBDA_LOG_LEVEL: WARN
          AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH: "true"
      Policies:
        - POLICY
      Events:
        Web:
          Type: HttpApi
"#;

const OUTPUT: &str = r#"  Url:
    Description: "Where the shop is"
    Value:
      Fn::Sub: "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/"
"#;

const TABLE_IN_EVERY_REGION: &str = r#""arn:aws:dynamodb:*:*:table/lambda-shop-sessions""#;

/// The CloudFormation template of the table, with the function beside it.
pub(crate) fn template() -> Result<String, Box<dyn Error>> {
    let infrastructure = Infrastructure::of::<ShopSession>();
    let table = infrastructure.cloudformation()?;
    let (version, rest) = table.split_once('\n').ok_or("a template has lines")?;
    let (resources, outputs) = rest.split_once("Outputs:\n").ok_or("the table has outputs")?;

    // JSON is YAML, too. In the template, it is the stack's own table that the function may use.
    let policy = infrastructure.iam_policy([Access::Run])?;
    let policy = policy
        .replace(TABLE_IN_EVERY_REGION, r#"{ "Fn::GetAtt": ["SessionTable", "Arn"] }"#)
        .trim_end()
        .replace('\n', "\n          ");
    let function = FUNCTION.replace("POLICY", &policy);
    Ok(format!(
        "# Made by `cargo run -p dynamo-session-lambda --example template`.\n{version}\n\
         Transform: AWS::Serverless-2016-10-31\n{resources}{function}Outputs:\n{outputs}{OUTPUT}"
    ))
}
