
>
inputPlaceholder*
dtype0*
shape:
›
filterConst*
dtype0*ü
valueòBï"ØŞøş>Q&_¿éµY>·l?cr¾¯í!> u½ğèb>¼d¾ìW¾¨œß=ìMH¿eÈ>>|e>?Œ×>¬öF?°Á©>üi¾ÿÃh>KãÔ=¥l=4·ƒ?/,ƒ=•ÏF½K>­=¿Ù¾‰¾À€¾9š¿ÄÏÆ=Sc§¾3ÂX?§dA>]ìf?
¾ì]'>>¥=ØÔ'¾\¤.¾ßR`>"e>ûn†¾2¿ƒäc¾ÙT=X‘¿K7¹=i5¿ô(è>‡òœ=ÎQŒ>˜'?
K
args_0Const*
dtype0*-
value$B""—/±¿ƒç»¿ÂÙÇ¾Áù¿/3‘¿¬cŠ?
™
op_FusedDepthwiseConv2dNativeinputfilterargs_0*
T0*
	fused_ops
BiasAddRelu*
num_args*
paddingSAME*
strides
