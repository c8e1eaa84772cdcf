
>
inputPlaceholder*
dtype0*
shape:
®
filterConst*
dtype0*
value…B‚"l¦?©ñù=d>¸ı‹>Ì>²¤É½º„ß¾xª9¿<º”=Ik÷¼I£¾YÑ\=!y¾vê½¿€Ö¾.¦ò½²€‡¾«E¾¾nW?‰H?(KL¾rR?GÛ‰>9FÏ¾Š ¼½ç"¿€E¾
\
opDepthwiseConv2dNativeinputfilter*
T0*
paddingVALID*
strides
